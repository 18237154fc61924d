import type { ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { addFields, type Fault, type FaultKind, spoilTypes } from "./faults.ts";
import { sendJson } from "./http.ts";

/** A finished answer on its way out. */
export interface Outgoing {
  status: number;
  body: unknown;
  headers: Record<string, string>;
}

/** Sends an answer, spoilt as the fault says, and returns the status that went out; 0 for a cut connection. */
export async function deliverAnswer(
  response: ServerResponse,
  answer: Outgoing,
  fault: Fault,
): Promise<number> {
  if (fault.delayMs > 0) await sleep(fault.delayMs, undefined, { ref: false });
  if (response.destroyed) return 0;
  if (fault.kind) return spoil[fault.kind](response, answer, fault.seed);
  sendJson(response, answer.status, answer.body, answer.headers);
  return answer.status;
}

type Spoil = (response: ServerResponse, answer: Outgoing, seed: number) => number;

const spoil: Record<FaultKind, Spoil> = {
  // Somebody else emptied the pool for a moment: the reset lies a second ahead, not at the end of a long window.
  "429": (response, { headers }) => {
    const reset = String(Math.ceil(Date.now() / 1000) + 1);
    const told = { ...headers, "x-ratelimit-remaining": "0", "x-ratelimit-reset": reset };
    sendJson(response, 429, { message: "Rate limit exceeded" }, told);
    return 429;
  },
  "500": (response, { headers }) => status(response, 500, "Internal Server Error", headers),
  "503": (response, { headers }) => status(response, 503, "Service Unavailable", headers),
  cut(response, answer, seed) {
    if (seed % 2 === 0) {
      const text = JSON.stringify(answer.body);
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
      });
      response.write(text.slice(0, text.length / 2), () => response.destroy());
    } else response.destroy();
    return 0;
  },
  malformed(response, answer) {
    const text = JSON.stringify(answer.body);
    return raw(
      response,
      200,
      "application/json",
      text.slice(0, Math.ceil(text.length * 0.6)),
      answer.headers,
    );
  },
  wrong_types(response, answer, seed) {
    sendJson(response, answer.status, spoilTypes(answer.body, seed), answer.headers);
    return answer.status;
  },
  new_fields(response, answer) {
    sendJson(response, answer.status, addFields(answer.body), answer.headers);
    return answer.status;
  },
  html: (response, { headers }) =>
    raw(response, 200, "text/html", "<html><body>Your network needs you to sign in.</body></html>", headers),
  redirect(response, { headers }) {
    return raw(response, 302, "text/plain", "", { ...headers, location: "https://example.com/elsewhere" });
  },
  truncated_gzip(response, answer) {
    const packed = gzipSync(JSON.stringify(answer.body));
    const half = packed.subarray(0, Math.ceil(packed.length / 2));
    return raw(response, 200, "application/json", half, { ...answer.headers, "content-encoding": "gzip" });
  },
  huge_error: (response, { headers }) => raw(response, 500, "text/plain", "x".repeat(10_000_000), headers),
};

function status(
  response: ServerResponse,
  code: number,
  message: string,
  headers: Record<string, string>,
): number {
  sendJson(response, code, { message }, headers);
  return code;
}

function raw(
  response: ServerResponse,
  code: number,
  type: string,
  body: string | Buffer,
  headers: Record<string, string>,
): number {
  response.writeHead(code, { ...headers, "content-type": type, "content-length": Buffer.byteLength(body) });
  response.end(body);
  return code;
}
