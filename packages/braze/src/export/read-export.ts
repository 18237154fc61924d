import { setTimeout as sleep } from "node:timers/promises";
import { FatalError, RetryableError } from "@lifecycle/contracts";
import type { Client } from "../http/client.ts";
import { type BadLine, JsonLines } from "./json-lines.ts";
import { unzipped } from "./unzip.ts";

export interface ExportTiming {
  /** First pause between two looks at the link; it grows to thirty times that. */
  pollMs: number;
  /** After so long an export is given up: the next try starts another. */
  giveUpMs: number;
}

export const EXPORT_TIMING: ExportTiming = { pollMs: 1_000, giveUpMs: 2 * 3_600_000 };

/** Users that one page has. */
const USERS_PER_PAGE = 1_000;

export interface ExportPage {
  users: unknown[];
  unreadable: BadLine[];
}

/**
 * Waits until the link in the answer to a started export holds its file, then reads it a page of users at a time. Nothing is
 * kept on disk. Throws FatalError `braze.export_elsewhere` when Braze delivers to the workspace's own storage (then it gives
 * no link), RetryableError `braze.export_not_ready` when it takes longer than `giveUpMs`, `braze.malformed_body` for a damaged file.
 */
export async function* readExport(
  client: Client,
  started: { body: unknown; requestId: string },
  { resource, signal, timing }: { resource: string; signal: AbortSignal; timing: ExportTiming },
): AsyncGenerator<ExportPage> {
  const { requestId } = started;
  const link = (started.body as { url?: unknown } | null)?.url;
  const about = `${resource} (request ${requestId})`;
  if (typeof link !== "string" || link === "") {
    const message = `${about} gave no link: this workspace's exports go to storage of its own`;
    throw new FatalError("braze.export_elsewhere", message);
  }
  const chunks = await whenReady(
    () => client.download(link, { resource, requestId }, signal),
    about,
    signal,
    timing,
  );
  const lines = new JsonLines();
  let page: ExportPage = { users: [], unreadable: [] };
  for await (const { piece, last } of unzipped(chunks, about)) {
    for (const line of lines.push(piece, last)) {
      if ("value" in line) page.users.push(line.value);
      else page.unreadable.push(line.bad);
      if (page.users.length + page.unreadable.length < USERS_PER_PAGE) continue;
      yield page;
      page = { users: [], unreadable: [] };
    }
  }
  yield page;
}

async function whenReady<T>(
  look: () => Promise<T | undefined>,
  about: string,
  signal: AbortSignal,
  { pollMs, giveUpMs }: ExportTiming,
): Promise<T> {
  const endMs = performance.now() + giveUpMs;
  for (let pause = pollMs; ; pause = Math.min(pause * 1.5, pollMs * 30)) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() + pause > endMs)
      throw new RetryableError("braze.export_not_ready", `${about} was not ready in time`);
    await sleep(pause, undefined, { signal }).catch((error: unknown) => {
      signal.throwIfAborted();
      throw error;
    });
  }
}
