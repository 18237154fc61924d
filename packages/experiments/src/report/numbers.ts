import {
  formatCount,
  formatCover,
  formatEffect,
  formatInterval,
  formatLift,
  formatP,
  formatValue,
} from "../format.ts";
import type { ExperimentResultRow } from "../result.ts";
import { DECISION_WORDS } from "../words.ts";
import { type Html, intervalCell, table } from "./html.ts";
import { GUARDRAIL_WORDS, REASON_WORDS, VERDICT_WORDS } from "./plain-words.ts";
import { exactPosterior } from "./posterior.ts";
import { armLabel, type ExperimentReport, isBroken, newestVerdicts } from "./report.ts";

/** Every arm by every metric, or by every group. */
export function numbersTable(
  caption: string,
  rows: readonly ExperimentResultRow[],
  report: ExperimentReport,
): Html {
  const isGroups = rows.some(({ segment }) => segment !== "all");
  const cover = formatCover(rows[0]?.alpha ?? report.definition.alpha);
  const columns = [
    { title: isGroups ? "group" : "metric" },
    { title: "arm", isText: true },
    { title: "people", isNumber: true },
    { title: "value", isNumber: true },
    { title: "difference", isNumber: true },
    { title: `${cover} interval`, isInterval: true },
    { title: "deciding interval", isInterval: true },
    { title: "lift", isNumber: true },
    { title: "p", isNumber: true },
    { title: "p, corrected", isNumber: true },
    { title: "chance to be better", isNumber: true },
    { title: `extra in all (${cover})`, isInterval: true },
    { title: "verdict", isText: true },
  ];
  const undecided = UNDECIDED_WORDS[report.definition.looks.kind];
  const broken = isBroken(newestVerdicts(report.verdicts));
  return table(
    caption,
    columns,
    rows.map((row) => [...numberCells(row, undecided), verdictWords(row, broken)]),
  );
}

/** Why there is no interval that decides. */
const UNDECIDED_WORDS = {
  fixed: "at the end",
  group_sequential: "between looks",
  confidence_sequence: "none",
} as const;

function numberCells(row: ExperimentResultRow, undecided: string) {
  const kind = row.metric_kind;
  const show = (value: number | null) => formatEffect(value, kind);
  const metric =
    row.segment === "all" ? `${row.metric}${row.role === "secondary" ? "" : ` (${row.role})`}` : row.segment;
  const known = [
    metric,
    armLabel(row),
    formatCount(row.n === null ? null : Number(row.n)),
    formatValue(row.value, kind),
  ];
  if (row.status !== "estimated") {
    return [...known, "–", "–", "–", "–", "–", "–", "–", "–"];
  }
  const isDecided = row.decision_low !== null || row.decision_high !== null;
  return [
    ...known,
    show(row.effect),
    intervalCell(formatInterval(row.effect_low, row.effect_high, show)),
    isDecided ? intervalCell(formatInterval(row.decision_low, row.decision_high, show)) : undecided,
    formatLift(row.lift),
    formatP(row.p_value, row.logp),
    formatP(row.family_p),
    row.chance_to_win === null ? "–" : chance(row.chance_to_win),
    row.incremental === null ? "–" : intervalCell(extra(row)),
  ];
}

/** What the arm brought beyond the control's rate, with its interval. */
function extra({ incremental, incremental_low, incremental_high, metric_kind }: ExperimentResultRow): string {
  const show = (value: number | null) =>
    formatEffect(value !== null && metric_kind === "proportion" ? Math.round(value) : value, "count");
  return `${show(incremental)} (${formatInterval(incremental_low, incremental_high, show)})`;
}

/** What is said of a row: where something is decided by it the decision, else the plain verdict. */
function verdictWords(row: ExperimentResultRow, broken: boolean): string {
  if (row.is_control) return "control";
  if (row.status !== "estimated") return REASON_WORDS[row.reason ?? ""] ?? row.reason ?? "";
  if (broken) return "not to be trusted";
  if (row.guardrail !== null) return GUARDRAIL_WORDS[row.guardrail] ?? row.guardrail;
  return (row.decision === null ? VERDICT_WORDS[row.verdict ?? ""] : DECISION_WORDS[row.decision]) ?? "";
}

/** A probability that is never shown as certain. */
const chance = (value: number) =>
  value > 0.999 ? "over 99.9 %" : value < 0.001 ? "under 0.1 %" : `${(100 * value).toFixed(1)} %`;

/** What is believed of each rate after these counts, computed exactly from a flat start: for reading, never for stopping. */
export function posteriorTable(rows: readonly ExperimentResultRow[]): Html | null {
  const known = rows.flatMap((row) => exactPosterior(row) ?? []);
  if (known.length === 0) return null;
  const columns = [
    { title: "metric" },
    { title: "arm", isText: true },
    { title: "chance to be better", isNumber: true },
    { title: "chance to be worse", isNumber: true },
    { title: "expected loss if shipped", isNumber: true },
    { title: "its rate, 95 %", isInterval: true },
    { title: "control's rate, 95 %", isInterval: true },
  ];
  const rate = (value: number | null) => formatValue(value, "proportion");
  return table(
    "For reading, not for deciding: chances computed exactly from the counts, from no opinion at the start. Looked at often they promise too much",
    columns,
    known.map(({ row, better, worse, loss, own, control }) => [
      row.metric,
      armLabel(row),
      chance(better),
      chance(worse),
      loss < 1e-6 ? "next to nothing" : formatEffect(loss, "proportion").replace("+", ""),
      intervalCell(formatInterval(own[0], own[1], rate)),
      intervalCell(formatInterval(control[0], control[1], rate)),
    ]),
  );
}
