import { type RunRequest, type Work, workKey } from "@lifecycle/contracts";
import { diskStore, openLedger } from "@lifecycle/landing";
import type { Queues } from "@lifecycle/queue";
import { silentLogger, withTemporaryFolder } from "@lifecycle/runtime";
import { expect, test } from "vitest";
import { createAdvancer } from "./advance.ts";

const AT = "2026-06-30T12:00:00.000Z";
const request = (pass: number): RunRequest => ({
  runId: `main__braze__all__p${pass}`,
  workspace: "main",
  pipeline: "braze",
  window: "all",
  pass,
  trigger: "cli",
  requestedBy: "somebody",
  requestedAt: AT,
  priority: 0,
});

test("a run that failed does not build the ops tables between another run's tests and its publishing", async () => {
  await withTemporaryFolder("advance-test", async (home) => {
    const ledger = openLedger(diskStore(home));
    const added: string[] = [];
    const add = async ({ runId }: RunRequest, work: readonly Work[]) => {
      added.push(...work.map((each) => `${runId} ${workKey(each)}`));
    };
    const queues = { add } as Partial<Queues> as Queues;
    const now = () => new Date(AT);
    const advancer = createAdvancer({ ledger, queues, logger: silentLogger, now, doubtAfterMs: 60_000 });
    const [first, failed] = [request(1), request(2)];
    for (const each of [first, failed]) {
      await ledger.writeRequest(each);
      await ledger.writePlan({ runId: each.runId, plannedAt: AT, parts: [] });
    }
    await advancer.advance(first.runId);
    expect(added.splice(0)).toEqual([`${first.runId} transform`]);

    const about = { runId: failed.runId, queue: "q", jobId: "j", failedAt: AT };
    await ledger.writeDeadLetter({
      ...about,
      work: "transform",
      code: "warehouse.sql_failed",
      message: "no",
    });
    await advancer.advance(failed.runId);
    expect(added).toEqual([]);

    for (const stage of ["transform", "publish", "notify"])
      await ledger.writeStage({ runId: first.runId, stage, finishedAt: AT });
    await advancer.advance(first.runId);
    expect((await ledger.readSettled(first.runId))?.status).toBe("complete");
    await advancer.advance(failed.runId);
    expect(added).toEqual([`${failed.runId} publish-ops`]);
  });
});
