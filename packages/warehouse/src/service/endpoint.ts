import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "@lifecycle/runtime";
import { z } from "zod";
import type { QueryResult } from "../warehouse.ts";

/** Where the owner of the warehouse file answers, and the token that proves one may read this folder. */
export const Endpoint = z.object({
  url: z.url(),
  token: z.string().min(32),
  pid: z.int(),
});
export type Endpoint = z.infer<typeof Endpoint>;

export const QueryRequest = z.object({
  sql: z.string().max(1_000_000),
  maxRows: z.int().positive().optional(),
  timeoutMs: z.int().positive().optional(),
});
export type QueryRequest = z.infer<typeof QueryRequest>;

export const QueryAnswer = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z.array(z.array(z.unknown())),
  truncated: z.boolean(),
}) satisfies z.ZodType<QueryResult>;

export const ErrorAnswer = z.object({
  kind: z.enum(["input", "fatal", "retryable"]),
  code: z.string(),
  message: z.string(),
  /** The name in the query that is to blame. */
  word: z.string().optional(),
});
export type ErrorAnswer = z.infer<typeof ErrorAnswer>;

function endpointPath(stateDir: string): string {
  return join(stateDir, "warehouse-endpoint.json");
}

/** Only this user may read it. */
export async function writeEndpoint(stateDir: string, endpoint: Endpoint): Promise<void> {
  await replaceFile(endpointPath(stateDir), `${JSON.stringify(endpoint)}\n`, 0o600);
}

/** Undefined when there is none, or something else lies in its place. */
export async function readEndpoint(stateDir: string): Promise<Endpoint | undefined> {
  const text = await readFile(endpointPath(stateDir), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return Endpoint.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

/** Takes the file away if it is still ours: a successor may have written its own. */
export async function removeEndpoint(stateDir: string, token: string): Promise<void> {
  const current = await readEndpoint(stateDir);
  if (current?.token === token) await rm(endpointPath(stateDir), { force: true });
}
