import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeadLetter } from "@lifecycle/contracts";
import { diskStore, type Ledger, openLedger } from "@lifecycle/landing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { listDeadLetters } from "./dead-letters.ts";
import { requestRun } from "./request-run.ts";

let folder: string;
let ledger: Ledger;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "letters-"));
  ledger = openLedger(diskStore(folder));
});
afterEach(() => rm(folder, { recursive: true }));

const WANTED = {
  workspace: "main",
  pipeline: "orders",
  window: "all",
  trigger: "cli",
  requestedBy: "somebody",
  priority: 0,
} as const;

async function pass(status: "complete" | "failed"): Promise<string> {
  const { request } = await requestRun(ledger, WANTED, new Date());
  const letter: DeadLetter = {
    runId: request.runId,
    work: "transform",
    queue: "transform",
    jobId: "j",
    code: "source.too_many_rejects",
    message: "too many rows",
    failedAt: "2026-01-01T00:00:00.000Z",
  };
  await ledger.writeSettled({
    runId: request.runId,
    status,
    settledAt: "2026-01-01T00:00:00.000Z",
    landedParts: 1,
    loadedRows: 0,
    rejectedRows: 0,
    missing: status === "failed" ? [letter] : [],
  });
  return request.runId;
}

it("lists what ended runs lack until a later pass takes it up, and then only when the past is asked for", async () => {
  const first = await pass("failed");
  expect(await listDeadLetters(ledger)).toEqual([
    expect.objectContaining({ runId: first, hasSettled: true, isPast: false }),
  ]);
  await pass("complete");
  expect(await listDeadLetters(ledger)).toEqual([]);
  expect(await listDeadLetters(ledger, { past: true })).toEqual([
    expect.objectContaining({ runId: first, isPast: true }),
  ]);
});
