import { z } from "zod";
import { PlannedPart } from "./ledger.ts";

/**
 * What a job carries: ids and a window, never rows, never secrets. A payload outlives a deploy: add optional fields only;
 * remove one a release after its last reader.
 */
const Envelope = z.object({ v: z.literal(1), runId: z.string() });

export const jobSchemas = {
  /** list → details → windows: writes the run's plan. */
  "plan-run": Envelope,
  "extract-part": Envelope.extend({ part: PlannedPart }),
  /** All landed files of one resource of one run, in one engine job per table. */
  "load-resource": Envelope.extend({ resource: z.string() }),
  "transform-run": Envelope,
  "evaluate-experiments": Envelope.extend({ batch: z.int().nonnegative() }),
  /** `ops` publishes only what describes the fleet itself: the end of a run that has nothing else to show. */
  "publish-run": Envelope.extend({ scope: z.enum(["all", "ops"]) }),
  "notify-run": Envelope,
} as const;

export type JobName = keyof typeof jobSchemas;
export type JobPayload<Name extends JobName> = z.infer<(typeof jobSchemas)[Name]>;

/** One piece of work: a job before it knows its queue. */
export type Work = { [Name in JobName]: { name: Name; payload: JobPayload<Name> } }[JobName];

/**
 * What a piece of work is called in its run's ledger: the key of its dead letter. Receipts of stages carry the same key.
 * `plan`, `part:<part id>`, `load:<resource>`, `transform`, `evaluate-<n>`, `publish`, `publish-ops`, `notify`.
 */
export function workKey(work: Work): string {
  switch (work.name) {
    case "plan-run":
      return "plan";
    case "extract-part":
      return `part:${work.payload.part.part}`;
    case "load-resource":
      return `load:${work.payload.resource}`;
    case "transform-run":
      return "transform";
    case "evaluate-experiments":
      return `evaluate-${work.payload.batch}`;
    case "publish-run":
      return work.payload.scope === "all" ? "publish" : "publish-ops";
    case "notify-run":
      return "notify";
  }
}
