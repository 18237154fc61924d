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

/** The work that `workKey` called so; undefined for a part that `parts` does not hold and for anything else. */
export function workOf(key: string, runId: string, parts: readonly PlannedPart[]): Work | undefined {
  const envelope = { v: 1, runId } as const;
  const [kind, rest] = [key.split(":", 1)[0]!, key.slice(key.indexOf(":") + 1)];
  const batch = /^evaluate-(\d+)$/.exec(key)?.[1];
  if (batch !== undefined)
    return { name: "evaluate-experiments", payload: { ...envelope, batch: Number(batch) } };
  switch (kind) {
    case "plan":
      return { name: "plan-run", payload: envelope };
    case "part": {
      const part = parts.find((each) => each.part === rest);
      return part && { name: "extract-part", payload: { ...envelope, part } };
    }
    case "load":
      return { name: "load-resource", payload: { ...envelope, resource: rest } };
    case "transform":
      return { name: "transform-run", payload: envelope };
    case "publish":
      return { name: "publish-run", payload: { ...envelope, scope: "all" } };
    case "publish-ops":
      return { name: "publish-run", payload: { ...envelope, scope: "ops" } };
    case "notify":
      return { name: "notify-run", payload: envelope };
    default:
      return undefined;
  }
}
