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
  /** All landed files of one resource of one run, in one engine job. */
  "load-resource": Envelope.extend({ resource: z.string() }),
  "transform-run": Envelope,
  "evaluate-experiments": Envelope.extend({
    batch: z.int().nonnegative(),
    experimentIds: z.array(z.string()),
  }),
  "publish-run": Envelope,
  "notify-run": Envelope,
} as const;

export type JobName = keyof typeof jobSchemas;
export type JobPayload<Name extends JobName> = z.infer<(typeof jobSchemas)[Name]>;

/** One job to enqueue, before it knows its queue's engine. */
export type Work = { [Name in JobName]: { name: Name; payload: JobPayload<Name> } }[JobName];
