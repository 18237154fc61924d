import {
  addDays,
  type CalendarDate,
  type Coverage,
  daysBetween,
  type Manifest,
  parseRunId,
} from "@lifecycle/contracts";
import type { Ledger } from "@lifecycle/landing";
import { unionOf, without } from "./day-ranges.ts";

export const EMPTY_COVERAGE: Coverage = { v: 1, runs: [], days: {}, volume: {}, calls: {} };

/** The days one object of one resource has landed. */
export interface LandedDays {
  closed: [CalendarDate, CalendarDate][];
  unsettled: [CalendarDate, CalendarDate][];
}

/**
 * What settled runs of a workspace's pipeline have landed and loaded. Reads the manifests of those runs only that the kept
 * answer does not hold yet, and keeps the new answer; two readers at once lose nothing, because what is not in it is read next time.
 */
export async function readCoverage(ledger: Ledger, workspace: string, pipeline: string): Promise<Coverage> {
  const coverage = structuredClone((await ledger.readCoverage(workspace, pipeline)) ?? EMPTY_COVERAGE);
  const known = new Set(coverage.runs);
  const unsettled = new Set(await ledger.listUnsettled());
  const fresh = (await ledger.listRunIds()).filter((runId) => {
    const key = parseRunId(runId);
    return (
      key?.workspace === workspace && key.pipeline === pipeline && !known.has(runId) && !unsettled.has(runId)
    );
  });
  if (fresh.length === 0) return coverage;
  for (const runId of fresh.toSorted()) await addRun(ledger, coverage, runId);
  await ledger.writeCoverage(workspace, pipeline, coverage);
  return coverage;
}

/** What landed and is named by no receipt was never loaded: the next pass takes it over as its own. */
async function addRun(ledger: Ledger, coverage: Coverage, runId: string): Promise<void> {
  const loaded = new Set((await ledger.readLoads(runId)).flatMap((load) => load.parts));
  for (const manifest of await ledger.readManifests(runId, await ledger.listLanded(runId))) {
    countCalls(coverage, manifest);
    if (loaded.has(manifest.part)) addManifest(coverage, manifest);
  }
  coverage.runs.push(runId);
}

function countCalls(coverage: Coverage, { bucket, calls, landedAt }: Manifest): void {
  if (bucket === undefined || calls === undefined) return;
  coverage.calls[bucket] ??= {};
  const hours = coverage.calls[bucket];
  const hour = landedAt.slice(0, 13);
  hours[hour] = (hours[hour] ?? 0) + calls;
}

/** Puts one landed part in. A manifest of an older version does not say what had closed, so its days count as open. */
export function addManifest(coverage: Coverage, manifest: Manifest): void {
  const { resource, window, sourceDate, lookbackDays, missingDays = [] } = manifest;
  addVolume(coverage, manifest);
  if (window === undefined || window === "all") return;
  coverage.days[resource] ??= {};
  const objects = coverage.days[resource];
  const before: LandedDays = objects[manifest.objectId ?? ""] ?? { closed: [], unsettled: [] };
  const missing = missingDays.map((day): [string, string] => [day, addDays(day, 1)]);
  const landed = without([[window.from, window.until]], missing);
  const closedUntil =
    sourceDate === undefined || lookbackDays === undefined ? "" : addDays(sourceDate, -lookbackDays);
  const closed = unionOf(before.closed, without(landed, [[closedUntil, "9999-12-31"]]));
  objects[manifest.objectId ?? ""] = {
    closed,
    unsettled: without(unionOf(before.unsettled, landed), closed),
  };
}

function addVolume(coverage: Coverage, { resource, window, calls, rows, files }: Manifest): void {
  coverage.volume[resource] ??= { calls: 0, days: 0, rows: 0, bytes: 0 };
  const volume = coverage.volume[resource];
  volume.calls += calls ?? 1;
  volume.days += window === undefined || window === "all" ? 0 : daysBetween(window.from, window.until);
  volume.rows += rows ?? 0;
  volume.bytes += files.reduce((sum, file) => sum + file.sizeBytes, 0);
}

/** What is known of one object; nothing for one that was never read. */
export function landedDays(coverage: Coverage, resource: string, objectId: string | undefined): LandedDays {
  return coverage.days[resource]?.[objectId ?? ""] ?? { closed: [], unsettled: [] };
}
