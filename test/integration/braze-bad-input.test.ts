import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { type BrazeSource, brazeCatalogue, type ExtractedPage, type Limiter } from "@lifecycle/braze";
import { errorCode, FatalError, RetryableError } from "@lifecycle/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { openWorkspace, readAll, type TestWorkspace } from "./braze-support/workspace.ts";

/** A server that answers what no Braze should, to every resource there is. */
const KEY = "k3y-that-must-not-be-seen";

type Answer = (request: IncomingMessage, response: ServerResponse) => void;
let answer: Answer;
let server: Server;
let at: TestWorkspace;
let source: BrazeSource;

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  at = await openWorkspace(
    inject("redisUrl"),
    "--campaigns",
    "2",
    "--canvases",
    "1",
    "--days",
    "10",
    "--users",
    "20000",
  );
  source = at.open({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    apiKey: KEY,
    limiters: () => unlimited,
    httpOptions: { totalTimeoutMs: 120_000, maxBodyBytes: 1_000_000 },
  });
});
afterAll(async () => {
  await at.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});
beforeEach(async () => void (await at.sandbox.control("faults", { reset: true })));

/** Pace is not what is tried here. */
const unlimited = {
  schedule: (
    task: (signal: AbortSignal, slot: { observe(): void }) => Promise<unknown>,
    options: { signal: AbortSignal },
  ) => task(options.signal, { observe: () => {} }),
  hold: async () => {},
} as unknown as Limiter;

const send =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): Answer =>
  (_request, response) =>
    void response.writeHead(status, { "x-request-id": "r-17", ...headers }).end(body);

const json = JSON.stringify({ message: `not so, ${KEY}` });

/** What extraction of one object and a window of a resource fails with. */
async function failureOf(slug: string, from = source): Promise<Error> {
  const resource = brazeCatalogue.find((each) => each.slug === slug)!;
  const wanted = {
    objectId: resource.secondIdParam ? "c/s" : "o",
    window: { from: "2026-01-01", until: "2026-01-03" },
  };
  try {
    for await (const _ of from.extract(slug, wanted, { signal: AbortSignal.timeout(200_000) }));
  } catch (error) {
    return error as Error;
  }
  throw new Error(`${slug} did not fail`);
}

const asked = brazeCatalogue.filter(({ paging }) => paging.style !== "configured");

describe.each<[string, Answer, string, new (...args: never[]) => Error]>([
  ["a key of another cluster", send(401, json), "braze.key_rejected", FatalError],
  ["an address that is not allowed", send(403, json), "braze.scope_missing", FatalError],
  [
    "HTML of a proxy with 200",
    send(200, "<html>Sign in</html>", { "content-type": "text/html" }),
    "braze.malformed_body",
    RetryableError,
  ],
  [
    "a gzip that is cut",
    send(200, gzipSync('{"a":1}'.repeat(50)).subarray(0, 20), { "content-encoding": "gzip" }),
    "braze.malformed_body",
    RetryableError,
  ],
  ["a redirect", send(302, "", { location: "https://elsewhere.invalid/" }), "braze.redirected", FatalError],
  ["an error of 10 MB", send(500, `${json}${"x".repeat(10_000_000)}`), "braze.server_error", RetryableError],
  ["an answer of 10 MB", send(200, `{"x":"${"x".repeat(10_000_000)}"}`), "braze.body_too_large", FatalError],
  ["JSON that is no answer", send(200, '"maintenance"'), "braze.unexpected_shape", RetryableError],
  [
    "the old answer of maintenance",
    send(202, '{"message":"queued"}'),
    "braze.unexpected_shape",
    RetryableError,
  ],
  ["an unknown path", send(404, json), "braze.not_found", FatalError],
])("%s", (_title, answered, code, kind) => {
  it("is known for what it is, with workspace, resource and request, and never the key", async () => {
    answer = answered;
    for (const { slug, paging } of asked) {
      const error = await failureOf(slug);
      // An export that starts with an odd answer has no link to wait for.
      const expected =
        code === "braze.unexpected_shape" && paging.style === "export" ? "braze.export_elsewhere" : code;
      expect(errorCode(error), slug).toBe(expected);
      if (expected === code) expect(error).toBeInstanceOf(kind);
      expect(error.message).toContain(slug);
      expect(error.message).toContain("r-17");
      if (expected === code) expect(error.message).toContain("workspace main");
      for (let each: unknown = error; each instanceof Error; each = each.cause)
        expect(each.message).not.toContain(KEY);
    }
  });
});

it("a clock that is wrong moves the reset of a 429 into our time", async () => {
  const skewMs = 3 * 3_600_000;
  const theirs = Date.now() + skewMs;
  answer = send(429, json, {
    date: new Date(theirs).toUTCString(),
    "x-ratelimit-limit": "10",
    "x-ratelimit-remaining": "0",
    "x-ratelimit-reset": String(Math.ceil(theirs / 1_000) + 20),
  });
  const error = await failureOf("campaigns-list");
  expect(errorCode(error)).toBe("braze.rate_limited");
  const wait = (error as RetryableError).retryAfterMs ?? 0;
  expect(wait).toBeGreaterThan(15_000);
  expect(wait).toBeLessThan(30_000);
});

it("a key that is revoked in the middle of a list ends it with that reason, what came before is given", async () => {
  const real = at.open();
  const pages: ExtractedPage[] = [];
  const end = (async () => {
    for await (const page of real.extract("campaigns-list", {}, { signal: AbortSignal.timeout(200_000) })) {
      pages.push(page);
      await at.sandbox.control("faults", { revoked: true });
    }
  })();
  await expect(end).rejects.toMatchObject({ code: "braze.key_rejected" });
  expect(pages.map(({ rows }) => rows.length)).toEqual([2]);
  await at.sandbox.control("faults", { reset: true });
  expect((await readAll(real, "campaigns-list")).of("raw_campaign")).toHaveLength(2);
});

describe("an export", () => {
  const started = (url: unknown): Answer =>
    send(200, JSON.stringify({ message: "success", object_prefix: "p", url }));
  const own = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.zip`;

  it("whose link is none, or would go over plain http, is refused", async () => {
    answer = started(undefined);
    expect(errorCode(await failureOf("users-export-segment"))).toBe("braze.export_elsewhere");
    for (const link of ["http://storage.example/x.zip", "ftp://x/y", "nonsense"]) {
      answer = started(link);
      expect(errorCode(await failureOf("users-export-segment"))).toBe("braze.bad_link");
    }
  });

  it("sends the key to Braze alone", async () => {
    const seen: (string | undefined)[] = [];
    answer = (request, response) => {
      seen.push(request.headers.authorization);
      const isFile = request.url === "/file.zip";
      (isFile ? send(200, "<html>") : started(own()))(request, response);
    };
    expect(errorCode(await failureOf("users-export-segment"))).toBe("braze.malformed_body");
    expect(seen).toEqual([`Bearer ${KEY}`, undefined]);
  });

  it("that never gets ready is given up", async () => {
    answer = (request, response) =>
      (request.url === "/file.zip" ? send(404, "") : started(own()))(request, response);
    const hasty = at.open({
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      limiters: () => unlimited,
      exportTiming: { pollMs: 5, giveUpMs: 60 },
    });
    expect(errorCode(await failureOf("users-export-segment", hasty))).toBe("braze.export_not_ready");
  });
});
