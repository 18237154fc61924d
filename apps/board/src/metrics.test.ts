import { describe, expect, it } from "vitest";
import { mergeExpositions, queueGauges, renderGauges, runGauges } from "./metrics.ts";
import type { RunSummary } from "./run-history.ts";

const now = Date.parse("2026-04-11T12:00:00Z");
const run = (status: RunSummary["status"], requested_at: string, settled_at?: string): RunSummary => ({
  run_id: "main__braze__20260101-20260411__p1",
  workspace: "main",
  pipeline: "braze",
  window: { from: "2026-01-01", until: "2026-04-11" },
  pass: 1,
  trigger: "cli",
  requested_by: "somebody",
  requested_at,
  status,
  ...(settled_at ? { settled_at } : {}),
});

describe("mergeExpositions", () => {
  it("states each HELP and TYPE once, with all samples of the metric below", () => {
    const one = (queue: string) =>
      [
        "# HELP jobs Jobs",
        "# TYPE jobs gauge",
        `jobs{queue="${queue}", state="wait"} 1`,
        "# HELP done_total Done",
        "# TYPE done_total counter",
        `done_total{queue="${queue}"} 2`,
      ].join("\n");
    expect(mergeExpositions([one("a"), one("b"), "# TYPE own gauge\nown 3"])).toBe(
      `# HELP jobs Jobs
# TYPE jobs gauge
jobs{queue="a", state="wait"} 1
jobs{queue="b", state="wait"} 1
# HELP done_total Done
# TYPE done_total counter
done_total{queue="a"} 2
done_total{queue="b"} 2
# TYPE own gauge
own 3
`,
    );
  });
});

describe("runGauges", () => {
  const text = renderGauges(
    runGauges(
      [
        run("unsettled", "2026-04-11T11:00:00Z"),
        run("unsettled", "2026-04-11T11:59:00Z"),
        run("complete", "2026-04-11T10:00:00Z", "2026-04-11T10:05:00Z"),
        run("partial", "2026-04-10T11:00:00Z", "2026-04-10T12:00:00Z"),
        run("failed", "2026-04-09T11:00:00Z", "2026-04-10T11:59:59Z"),
      ],
      now,
    ),
  );
  it("counts what runs and what settled within a day", () => {
    expect(text).toContain("\nlifecycle_runs_unsettled 2\n");
    expect(text).toContain('\nlifecycle_runs_settled_last_day{status="complete"} 1\n');
    expect(text).toContain('\nlifecycle_runs_settled_last_day{status="partial"} 1\n');
    expect(text).toMatch(/lifecycle_runs_settled_last_day\{status="failed"\} 0$/);
  });
  it("says how long the oldest has been running, 0 without any", () => {
    expect(text).toContain("\nlifecycle_oldest_unsettled_run_age_seconds 3600\n");
    expect(renderGauges(runGauges([], now))).toContain("\nlifecycle_oldest_unsettled_run_age_seconds 0\n");
  });
});

describe("queueGauges", () => {
  it("escapes labels and gives 0 where there is no job", () => {
    const ages = [{ queue: 'odd"\\\n', oldestWaitingSeconds: 1.5, oldestFailedSeconds: undefined }];
    const text = renderGauges(queueGauges(ages));
    expect(text).toContain('lifecycle_queue_oldest_waiting_age_seconds{queue="odd\\"\\\\\\n"} 1.5');
    expect(text).toContain('lifecycle_queue_oldest_failed_age_seconds{queue="odd\\"\\\\\\n"} 0');
  });
});
