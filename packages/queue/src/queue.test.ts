import { FatalError, RetryableError, type Work } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { backoffMs, outcomeOf, type QueuePolicy, runIdOfJob, workJobId } from "./index.ts";

const policy: QueuePolicy = {
  attempts: 5,
  backoffBaseMs: 500,
  backoffCapMs: 30_000,
  maxWaitMs: 3_600_000,
  lockMs: 60_000,
  stalledIntervalMs: 60_000,
  maxStalledCount: 3,
};
const job = { waitedMs: 0, attemptsMade: 0, attempts: 5, isAborted: false };
const limited = new RetryableError("braze.rate_limited", "over the limit", { retryAfterMs: 700 });

describe("outcomeOf", () => {
  it("steps down on shutdown, whatever was thrown", () =>
    expect(outcomeOf(new FatalError("x", "x"), { ...job, isAborted: true }, policy)).toEqual({
      kind: "step_down",
    }));
  it("holds the queue on a used-up limit, without an attempt", () =>
    expect(outcomeOf(limited, { ...job, attemptsMade: 4 }, policy)).toEqual({ kind: "hold_queue", ms: 700 }));
  it("stops waiting as told when the job is too old", () =>
    expect(outcomeOf(limited, { ...job, waitedMs: 3_600_001, attemptsMade: 4 }, policy)).toEqual({
      kind: "dead",
    }));
  it("gives up at once on what trying again cannot mend", () =>
    expect(outcomeOf(new FatalError("x", "x"), job, policy)).toEqual({ kind: "dead" }));
  it("retries what nobody classified, a few times", () => {
    expect(outcomeOf(new Error("odd"), { ...job, attemptsMade: 3 }, policy)).toEqual({ kind: "retry" });
    expect(outcomeOf(new Error("odd"), { ...job, attemptsMade: 4 }, policy)).toEqual({ kind: "dead" });
  });
});

describe("backoffMs", () => {
  it("doubles up to the cap and is spread over the whole span", () => {
    expect([1, 2, 3, 20].map((attempt) => backoffMs(attempt, policy, 0.999999))).toEqual([
      500, 1000, 2000, 30_000,
    ]);
    expect(backoffMs(3, policy, 0)).toBe(0);
  });
});

describe("job ids", () => {
  const runId = "main__braze__20260101-20260411__p1";
  it("name the work, hold no colon, and lead back to the run", () => {
    const part = { part: "campaigns-details__c1", resource: "campaigns-details", bucket: "default" };
    const works: Work[] = [
      { name: "plan-run", payload: { v: 1, runId } },
      { name: "extract-part", payload: { v: 1, runId, part } },
      { name: "load-resource", payload: { v: 1, runId, resource: "campaigns-list" } },
      { name: "evaluate-experiments", payload: { v: 1, runId, batch: 3 } },
      { name: "publish-run", payload: { v: 1, runId, scope: "all" } },
      { name: "publish-run", payload: { v: 1, runId, scope: "ops" } },
    ];
    const ids = works.map((work) => workJobId(work, { requestedAt: "2026-01-11T00:00:00.000Z" }));
    expect(new Set(ids).size).toBe(works.length);
    for (const id of ids) {
      expect(id).not.toContain(":");
      expect(runIdOfJob(id)).toBe(runId);
    }
    const later = works.map((work) => workJobId(work, { requestedAt: "2026-01-12T00:00:00.000Z" }));
    expect(new Set([...ids, ...later]).size).toBe(2 * works.length);
  });
});
