import { once } from "node:events";
import { createServer, request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { Secret, silentLogger } from "@lifecycle/runtime";
import express from "express";
import { afterEach, describe, expect, it } from "vitest";
import { createAccess, isLoopback } from "./access.ts";
import { answerErrors } from "./http-error.ts";

const password = new Secret("correct horse battery");
const api_token = new Secret("0123456789abcdef-token");
const basic = (user: string, word: string) => `Basic ${Buffer.from(`${user}:${word}`).toString("base64")}`;
const asOperator = { authorization: basic("operator", password.reveal()) };
const withToken = { authorization: `Bearer ${api_token.reveal()}` };

type Board = Parameters<typeof createAccess>[0];
const open: Board = { host: "127.0.0.1", user: "operator" };
const exposed: Board = { host: "0.0.0.0", user: "operator", password };

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** Serves the rules of a board and answers how one request fares: the status, and the code of a refusal. */
async function statusOf(
  board: Board,
  wanted: { path?: string; method?: string; headers?: Record<string, string> },
): Promise<[number, string?]> {
  const access = createAccess(board);
  const app = express();
  app.use(access.fromHere);
  app.all("/see", access.toSee, (_request, response) => void response.json({}));
  app.all("/read", access.toRead, (_request, response) => void response.json({}));
  app.all("/ask", access.toAsk, (_request, response) => void response.json({}));
  app.use(answerErrors(silentLogger));
  const server = createServer(app).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const { path = "/see", method = "GET", headers = {} } = wanted;
  const request = send({ port, path, method, headers: { host: `127.0.0.1:${port}`, ...headers } }).end();
  const [response] = (await once(request, "response")) as [import("node:http").IncomingMessage];
  const body = (await response.setEncoding("utf8").toArray()).join("");
  const { error } = JSON.parse(body) as { error?: { code: string } };
  return error ? [response.statusCode!, error.code] : [response.statusCode!];
}

describe("isLoopback", () => {
  it.each(["127.0.0.1", "127.1.2.3", "localhost", "::1", "[::1]"])("is true of %s", (host) =>
    expect(isLoopback(host)).toBe(true),
  );
  it.each([
    "0.0.0.0",
    "::",
    "10.0.0.1",
    "board.example",
    "127.0.0.1.evil.example",
    "localhost.evil.example",
    "",
  ])("is false of %s", (host) => expect(isLoopback(host)).toBe(false));
});

describe("a board that other machines can reach", () => {
  it("does not start without a password", () => {
    expect(() => createAccess({ host: "0.0.0.0", user: "operator" })).toThrow(/BOARD_PASSWORD/);
    expect(() => createAccess({ host: "0.0.0.0", user: "operator", api_token })).toThrow(/BOARD_PASSWORD/);
  });
  it("lets in who knows name and password, and nobody else", async () => {
    expect(await statusOf(exposed, { headers: asOperator })).toEqual([200]);
    for (const authorization of [
      basic("operator", "wrong"),
      basic("someone", password.reveal()),
      basic("operator", `${password.reveal()} `),
      "Basic !!!",
      "Basic ",
      withToken.authorization,
    ])
      expect(await statusOf(exposed, { headers: { authorization } })).toEqual([401, "board.unauthorized"]);
    expect(await statusOf(exposed, {})).toEqual([401, "board.unauthorized"]);
  });
  it("answers under any name: a password cannot be guessed by another site", async () =>
    expect(await statusOf(exposed, { headers: { ...asOperator, host: "board.example" } })).toEqual([200]));
  it("takes requests for runs only with a token, once one is set", async () => {
    const ask = { path: "/ask", method: "POST" };
    expect(await statusOf(exposed, { ...ask, headers: asOperator })).toEqual([403, "board.unauthorized"]);
    const tokened = { ...exposed, api_token };
    expect(await statusOf(tokened, { ...ask, headers: asOperator })).toEqual([401, "board.unauthorized"]);
    expect(await statusOf(tokened, { ...ask, headers: withToken })).toEqual([200]);
    expect(await statusOf(tokened, { path: "/read", headers: withToken })).toEqual([200]);
    expect(await statusOf(tokened, { path: "/see", headers: withToken })).toEqual([
      401,
      "board.unauthorized",
    ]);
  });
});

describe("a board on this machine", () => {
  it("is open to the machine, under loopback names only", async () => {
    expect(await statusOf(open, {})).toEqual([200]);
    expect(await statusOf(open, { headers: { host: "localhost:3300" } })).toEqual([200]);
    expect(await statusOf(open, { headers: { host: "rebound.example:3300" } })).toEqual([
      403,
      "board.foreign_host",
    ]);
  });
  it("takes requests for runs from the machine, with the token where one is set", async () => {
    const ask = { path: "/ask", method: "POST" };
    expect(await statusOf(open, ask)).toEqual([200]);
    expect(await statusOf({ ...open, api_token }, ask)).toEqual([401, "board.unauthorized"]);
    expect(await statusOf({ ...open, api_token }, { ...ask, headers: withToken })).toEqual([200]);
  });
});

describe("requests that another site sent", () => {
  const from = (headers: Record<string, string>, method = "POST") =>
    statusOf(open, { method, headers: { host: "127.0.0.1:3300", ...headers } });
  it("are refused when they would change something", async () => {
    for (const headers of [
      { "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "same-site" },
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: "http://127.0.0.1:8080" },
    ])
      expect(await from(headers)).toEqual([403, "board.cross_site"]);
    expect(await from({ "sec-fetch-site": "cross-site" }, "PUT")).toEqual([403, "board.cross_site"]);
  });
  it("are served when they only look, or come from the board itself", async () => {
    expect(await from({ "sec-fetch-site": "cross-site" }, "GET")).toEqual([200]);
    expect(await from({ "sec-fetch-site": "same-origin", origin: "http://127.0.0.1:3300" })).toEqual([200]);
    expect(await from({})).toEqual([200]);
  });
});
