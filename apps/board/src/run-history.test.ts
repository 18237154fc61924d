import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { requestRun } from "@lifecycle/ingest";
import { diskStore, openLedger } from "@lifecycle/landing";
import { silentLogger } from "@lifecycle/runtime";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createRunHistory } from "./run-history.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lifecycle-board-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ask = (ledger: ReturnType<typeof openLedger>, from: string, at: string) =>
  requestRun(
    ledger,
    {
      workspace: "main",
      pipeline: "braze",
      window: { from, until: "2026-04-11" },
      trigger: "cli",
      requestedBy: "somebody",
      priority: 0,
    },
    new Date(at),
  );

describe("the history of runs", () => {
  it("shows the latest request first and notices when a run settles or is new", async () => {
    const ledger = openLedger(diskStore(folder));
    const history = createRunHistory(ledger, silentLogger);
    expect(await history.list()).toEqual([]);

    const early = (await ask(ledger, "2026-01-01", "2026-04-11T08:00:00Z")).request.runId;
    const late = (await ask(ledger, "2026-02-01", "2026-04-11T09:00:00Z")).request.runId;
    expect((await history.list()).map(({ run_id, status }) => [run_id, status])).toEqual([
      [late, "unsettled"],
      [early, "unsettled"],
    ]);

    await ledger.writeSettled({
      runId: early,
      status: "partial",
      settledAt: "2026-04-11T10:00:00Z",
      landedParts: 3,
      loadedRows: 40,
      rejectedRows: 2,
      missing: [],
    });
    const [, settled] = await history.list();
    expect(settled).toMatchObject({ run_id: early, status: "partial", loaded_rows: 40, rejected_rows: 2 });
  });

  it("goes on without a file that cannot be read", async () => {
    const ledger = openLedger(diskStore(folder));
    const good = (await ask(ledger, "2026-01-01", "2026-04-11T08:00:00Z")).request.runId;
    writeFileSync(join(folder, "ledger/requests/main__braze__all__p1.json"), "{ half");
    const warnings: unknown[] = [];
    const logger = { ...silentLogger, warn: (fields: unknown) => void warnings.push(fields) };
    const history = createRunHistory(ledger, logger);
    for (let i = 0; i < 2; i++) expect((await history.list()).map(({ run_id }) => run_id)).toEqual([good]);
    expect(warnings).toHaveLength(1);
  });
});
