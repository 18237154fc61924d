import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError } from "./api-error.ts";

const MOST_BODY_BYTES = 1_000_000;

export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** The JSON object a request carries; an empty body is `{}`. Throws an `ApiError` of 400 or 413. */
export async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MOST_BODY_BYTES) throw new ApiError(413, "Request body too large");
    chunks.push(chunk);
  }
  if (bytes === 0) return {};
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString("utf8"));
    if (body !== null && typeof body === "object" && !Array.isArray(body))
      return body as Record<string, unknown>;
  } catch {
    // Falls through: text that is no JSON and JSON that is no object get the same answer.
  }
  throw new ApiError(400, "The request body must be a JSON object");
}
