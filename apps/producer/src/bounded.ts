import type { RunRequest, Work } from "@lifecycle/contracts";

/** Runs of this priority or a lower one (a higher number) give way to all others. */
const BACKFILL = 10;
/** Enough that no worker waits for the producer, few enough that Redis holds no backlog of years. */
const PARTS_IN_QUEUE = 500;

/**
 * What of a run's work may stand in queues at once. Of a backfill these are the first parts of each bucket in the order of the plan:
 * as they land, others move up, so a part that was let in stays in until it has landed. Pure.
 */
export function bounded(
  work: Work[],
  request: Pick<RunRequest, "priority">,
  partsInQueue: number = PARTS_IN_QUEUE,
): Work[] {
  if (request.priority < BACKFILL) return work;
  const seen = new Map<string, number>();
  return work.filter((each) => {
    if (each.name !== "extract-part") return true;
    const { bucket } = each.payload.part;
    const place = seen.get(bucket) ?? 0;
    seen.set(bucket, place + 1);
    return place < partsInQueue;
  });
}
