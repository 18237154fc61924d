import {
  type ExperimentResultRow,
  formatCount,
  formatEffect,
  formatInterval,
  formatLift,
  formatP,
  formatValue,
} from "@lifecycle/experiments";
import { fittedTable } from "./fitted.ts";

const HEADER = [
  "metric",
  "group",
  "arm",
  "units",
  "value",
  "effect",
  "interval, this look alone",
  "deciding interval",
  "lift",
  "p",
  "corrected p",
  "decision",
];

/** What a narrow screen can do without, first things first. */
const SPARABLE = ["interval, this look alone", "p", "lift", "units", "corrected p", "value"];

/**
 * Arms by metrics as a table. Two intervals: the first is for one arm at one look, the other holds for all arms, primary metrics and looks,
 * and is what the decision and its words follow from.
 */
export function resultTable(
  results: readonly ExperimentResultRow[],
  width = Number.POSITIVE_INFINITY,
): string {
  const arms = results.filter(({ arm_id }) => arm_id !== "all");
  const rows = arms.toSorted((a, b) => Number(isDeciding(b)) - Number(isDeciding(a))).map(cells);
  const hasGroups = rows.some(([, group]) => group !== "all");
  const isDecided = arms.some(({ decision_low, decision_high }) => (decision_low ?? decision_high) !== null);
  const empty = [...(hasGroups ? [] : ["group"]), ...(isDecided ? [] : ["deciding interval"])];
  const shown = HEADER.map((_, i) => i).filter((i) => !empty.includes(HEADER[i]!));
  return fittedTable(
    shown.map((i) => HEADER[i]!),
    rows.map((row) => shown.map((i) => row[i])),
    width,
    isDecided ? SPARABLE : SPARABLE.filter((name) => !name.startsWith("interval")),
  );
}

/** Metrics that decide come first. */
const isDeciding = ({ role }: ExperimentResultRow) => role === "primary";

function cells(row: ExperimentResultRow): unknown[] {
  const show = (value: number | null) => formatEffect(value, row.metric_kind);
  const isCompared = row.status === "estimated";
  const isDecided = isCompared && (row.decision_low !== null || row.decision_high !== null);
  return [
    row.metric,
    row.segment,
    row.arm_name ?? row.arm_id,
    formatCount(row.n),
    formatValue(row.value, row.metric_kind),
    row.is_control ? "" : show(row.effect),
    isCompared ? formatInterval(row.effect_low, row.effect_high, show) : "",
    isDecided ? formatInterval(row.decision_low, row.decision_high, show) : "",
    row.is_control ? "" : formatLift(row.lift),
    isCompared ? formatP(row.p_value, row.logp) : "",
    isCompared ? formatP(row.family_p) : "",
    row.is_control ? "control" : (row.decision ?? row.reason),
  ];
}
