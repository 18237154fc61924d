import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { errorCode, FatalError, InputError, RetryableError } from "@lifecycle/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Client, createClient } from "./client.ts";
import type { Quota } from "./quota.ts";

const KEY = "k3y-that-must-not-be-seen";
const CALL = {
  resource: "campaigns-list",
  path: "/campaigns/list",
  scope: "campaigns.list",
  query: { email: "a@b.c" },
};

type Handler = (request: IncomingMessage, response: ServerResponse) => void;
let handler: Handler;
let server: Server;
let client: Client;
/** One that soon gives up; not for answers that come. */
let hasty: Client;
let url: string;

beforeAll(async () => {
  server = createServer((request, response) => handler(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const options = { workspace: "main", baseUrl: url, apiKey: KEY };
  client = createClient({ ...options, http: { maxBodyBytes: 100_000 } });
  hasty = createClient({
    ...options,
    http: { headersTimeoutMs: 300, bodyTimeoutMs: 300, totalTimeoutMs: 1_000 },
  });
});

afterAll(async () => {
  await client.close();
  await hasty.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const answer =
  (status: number, body: string | Buffer, headers: Record<string, string> = {}): Handler =>
  (_request, response) => {
    response.writeHead(status, headers).end(body);
  };

async function failure(
  with_: Handler,
  { by = client, signal = new AbortController().signal }: { by?: Client; signal?: AbortSignal } = {},
): Promise<Error> {
  handler = with_;
  const outcome = await by.get(CALL, { signal }).then(
    () => new Error("it succeeded"),
    (error: Error) => error,
  );
  for (let error: unknown = outcome; error instanceof Error; error = error.cause) {
    expect(error.message).not.toContain(KEY);
    expect(error.message).not.toContain("a@b.c");
  }
  return outcome;
}

describe("a success", () => {
  it("sends the key and the query, and gives JSON and the server's request id", async () => {
    let seen: IncomingMessage | undefined;
    handler = (request, response) => {
      seen = request;
      response.setHeader("X-Request-Id", "r-17");
      response.end('{"message":"success","campaigns":[]}');
    };
    const got = await client.get(CALL, { signal: new AbortController().signal });
    expect(got).toEqual({ body: { message: "success", campaigns: [] }, requestId: "r-17", next: undefined });
    expect(seen?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(seen?.url).toBe("/campaigns/list?email=a%40b.c");
  });

  it("unpacks gzip", async () => {
    handler = answer(200, gzipSync('{"a":"ü"}'), { "content-encoding": "gzip" });
    expect((await client.get(CALL, { signal: new AbortController().signal })).body).toEqual({ a: "ü" });
  });

  it("keeps its connections", async () => {
    const ports = new Set<number | undefined>();
    handler = (request, response) => {
      ports.add(request.socket.remotePort);
      response.end("{}");
    };
    for (let i = 0; i < 10; i++) await client.get(CALL, { signal: new AbortController().signal });
    expect(ports.size).toBeLessThanOrEqual(2);
  });
});

describe("a refusal", () => {
  it.each([
    [400, "braze.bad_request", FatalError],
    [401, "braze.key_rejected", FatalError],
    [403, "braze.scope_missing", FatalError],
    [404, "braze.not_found", FatalError],
    [302, "braze.redirected", FatalError],
    [408, "braze.server_error", RetryableError],
    [429, "braze.rate_limited", RetryableError],
    [500, "braze.server_error", RetryableError],
    [502, "braze.server_error", RetryableError],
    [503, "braze.server_error", RetryableError],
  ])("of %i is %s", async (status, code, kind) => {
    const headers = { location: "http://127.0.0.1:1/", "x-request-id": "r-9" };
    const error = await failure(answer(status, '{"message":"Nope"}', headers));
    expect(errorCode(error)).toBe(code);
    expect(error).toBeInstanceOf(kind);
    expect(error.message).toMatch(/campaigns-list.*\/campaigns\/list.*main.*r-9/);
  });

  it("names the missing permission", async () => {
    expect((await failure(answer(403, "{}"))).message).toContain("campaigns.list");
  });

  it("quotes Braze's words, shortened and without the key", async () => {
    const said = `Invalid\nCampaign ID ${KEY} ${"x".repeat(1_000)}`;
    const error = await failure(answer(400, JSON.stringify({ message: said })));
    expect(error.message).toContain("Invalid Campaign ID [key] xxx");
    expect(error.message.length).toBeLessThan(400);
  });

  it("with a huge or endless body is known by its status", async () => {
    const endless: Handler = (_request, response) => {
      response.writeHead(500);
      const more = () => response.write("x".repeat(65_536), () => setImmediate(more));
      response.on("error", () => {});
      if (!response.destroyed) more();
    };
    expect(errorCode(await failure(answer(500, "x".repeat(10_000_000))))).toBe("braze.server_error");
    expect(errorCode(await failure(endless))).toBe("braze.server_error");
  });

  it("of 429 tells its quota before it throws", async () => {
    const headers = {
      "X-RateLimit-Limit": "50",
      "X-RateLimit-Remaining": "0",
      "X-RateLimit-Reset": String(Math.ceil(Date.now() / 1000) + 20),
    };
    handler = answer(429, "{}", headers);
    const quotas: Quota[] = [];
    const options = { signal: new AbortController().signal, onQuota: (quota: Quota) => quotas.push(quota) };
    const error = await client.get(CALL, options).catch((thrown: unknown) => thrown);
    expect(quotas).toMatchObject([{ limit: 50, remaining: 0 }]);
    expect((error as RetryableError).retryAfterMs).toBeGreaterThan(5_000);
    expect((error as RetryableError).retryAfterMs).toBeLessThan(23_000);
  });
});

describe("a broken answer", () => {
  const cut: Handler = (_request, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write('{"campa', () => response.destroy());
  };
  it.each<[string, Handler, string]>([
    ["refused connection", (request) => void request.socket.destroy(), "braze.connection"],
    ["cut body", cut, "braze.connection"],
    ["HTML", answer(200, "<html>Sign in</html>", { "content-type": "text/html" }), "braze.malformed_body"],
    ["half a JSON", answer(200, '{"campaigns":['), "braze.malformed_body"],
    ["nothing", answer(200, ""), "braze.malformed_body"],
    [
      "truncated gzip",
      answer(200, gzipSync('{"a":1}').subarray(0, 12), { "content-encoding": "gzip" }),
      "braze.malformed_body",
    ],
  ])("%s can be tried again", async (_name, handle, code) => {
    const error = await failure(handle);
    expect(error).toBeInstanceOf(RetryableError);
    expect(errorCode(error)).toBe(code);
  });

  it("that does not come, or never ends, is left after its time", async () => {
    const silence = await failure(() => {}, { by: hasty });
    expect(silence).toBeInstanceOf(RetryableError);
    expect(errorCode(silence)).toBe("braze.connection");
    const drip: Handler = (_request, response) => {
      const timer = setInterval(() => response.write(" "), 100);
      response.on("close", () => clearInterval(timer));
    };
    expect((await failure(drip, { by: hasty })).message).toContain("within 1000 ms");
  });

  it("that is too large, packed or not, is not read to its end", async () => {
    expect(errorCode(await failure(answer(200, "1".repeat(200_000))))).toBe("braze.body_too_large");
    const bomb = answer(200, gzipSync(Buffer.alloc(5_000_000, " ")), { "content-encoding": "gzip" });
    expect(errorCode(await failure(bomb))).toBe("braze.body_too_large");
  });
});

describe("an abort", () => {
  it("ends the call with the caller's own reason", async () => {
    const abort = new AbortController();
    const reason = new Error("shutdown");
    const error = await failure(() => abort.abort(reason), { signal: abort.signal });
    expect(error).toBe(reason);
  });
});

describe("the address", () => {
  it.each([
    "http://rest.iad-01.braze.com",
    "ftp://127.0.0.1",
    "braze",
    "https://user:pw@rest.iad-01.braze.com",
  ])("%s is refused", (baseUrl) => {
    const make = () => createClient({ workspace: "main", baseUrl, apiKey: KEY });
    expect(make).toThrow(InputError);
    expect(make).not.toThrow(/pw/);
  });

  it.each([
    "https://rest.fra-02.braze.eu",
    "http://localhost:4010",
    "http://127.0.0.1:4010/",
    "http://[::1]:4010",
  ])(
    "%s is taken",
    async (baseUrl) => await createClient({ workspace: "main", baseUrl, apiKey: KEY }).close(),
  );
});
