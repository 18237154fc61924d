import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { ApiError } from "./api-error.ts";

/** Loopback HTTP whose handler may throw `ApiError`. */
export async function listen(
  handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  port = 0,
): Promise<{ url: string; close(): Promise<void> }> {
  const server: Server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      const known = error instanceof ApiError ? error : new ApiError(500, "internalError", String(error));
      sendJson(response, known.status, known.body);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

export async function readAll(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

export function parseJson(bytes: Buffer): Record<string, unknown> {
  return bytes.length === 0 ? {} : JSON.parse(bytes.toString("utf8"));
}

/** A body of undefined is an empty answer, 204. */
export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  if (response.destroyed) return;
  const text = body === undefined ? "" : JSON.stringify(body);
  response
    .writeHead(text === "" ? 204 : status, { "content-type": "application/json; charset=UTF-8" })
    .end(text);
}
