import type { JobReport } from "@lifecycle/queue";
import { runIdOfJob } from "@lifecycle/queue";
import type { Logger } from "@lifecycle/runtime";

/** One line of the activity log per try at a job. */
export function reportJob(logger: Logger): (report: JobReport) => void {
  return ({ jobId, outcome, ...report }) => {
    const level = outcome === "done" || outcome === "step_down" ? "info" : "warn";
    logger[level]({ ...report, outcome, job_id: jobId, run_id: runIdOfJob(jobId) }, "job");
  };
}
