import type { ExperimentOverride } from "@lifecycle/contracts";
import type { ArmMetric } from "./arm-metric.ts";
import { campaignArm } from "./campaign-arm.fixture.ts";
import { resolveDefinition } from "./definition.ts";
import { NO_HISTORY } from "./history.ts";
import { judgeExperiment } from "./judge.ts";
import type { ExperimentResultRow } from "./result.ts";

const OF_A_FILE = {
  experimentId: "main__file__mail",
  source: "file",
  dataGrade: "user_rows",
  unit: "customer",
  controlBasis: "declared",
  metric: "visit",
  unitDays: null,
  unclosedDays: null,
  firstDate: null,
  lastDate: null,
  windowDays: null,
  asOf: null,
} as const;

/** For tests: an arm of single people from a file, 100 of 1000 visited; a treatment unless it is said otherwise. */
export const arm = (change: Partial<ArmMetric>) =>
  campaignArm("none", 1000, 100, { ...OF_A_FILE, ...change });

export const control = (change: Partial<ArmMetric> = {}) => arm({ isControl: true, ...change });

/** One metric, looked at once at its end: the numbers of a finished test. */
export function judge(arms: ArmMetric[], own: ExperimentOverride = {}): ExperimentResultRow[] {
  const definition = resolveDefinition({ looks: { kind: "fixed" }, ended: true, ...own });
  return judgeExperiment({ arms, days: [], activity: [], definition, history: NO_HISTORY, experiments: 1 })
    .results;
}

export function treatment(rows: ExperimentResultRow[], armId = "a"): ExperimentResultRow {
  const row = rows.find((candidate) => candidate.arm_id === armId);
  if (!row) throw new Error(`no row for ${armId}`);
  return row;
}

/** Numbers that are none. Every number of a row is finite or null, whatever went in. */
export function brokenNumbers(rows: ExperimentResultRow[]): unknown[] {
  return rows
    .flatMap((row) => Object.values(row))
    .filter((v) => typeof v === "number" && !Number.isFinite(v));
}
