import { didYouMean, errorCode, errorMessage, InputError, type Looks } from "@lifecycle/contracts";
import {
  type ExperimentHealthRow,
  type ExperimentResultRow,
  type ExperimentVerdictRow,
  evaluateExperiments,
  formatCount,
  formatEffect,
  formatInterval,
  formatLift,
  formatValue,
  type PowerPlan,
  planPower,
  type RecordedVerdict,
  readPublished,
  tallyVerdicts,
} from "@lifecycle/experiments";
import { createClock } from "@lifecycle/runtime";
import { isTableMissing } from "@lifecycle/warehouse";
import { experimentDefinitions, withDatasets } from "../experiment-definitions.ts";
import { fittedTable, wrapped } from "../fitted.ts";
import { resultTable } from "../result-table.ts";
import type { Session } from "../session.ts";
import { formatTable } from "../terminal.ts";
import { verdictLines } from "../verdict-lines.ts";
import { withWarehouse } from "../warehouse-access.ts";

/** `lifecycle experiments list`: what is said of every experiment now. Returns the exit code. */
export async function listExperiments(session: Session, flags: { json?: boolean }): Promise<number> {
  const { verdicts } = await withWarehouse(session, (live) => readPublished(withDatasets(session, live)));
  const newest = verdicts.filter(({ is_newest }) => is_newest);
  if (flags.json) return printJson(session, newest);
  if (newest.length === 0) {
    session.terminal.line("No A/B test was judged yet: a run finds and judges them.");
    return 0;
  }
  const tally = tallyVerdicts(newest);
  for (const line of verdictLines(newest, tally, session.terminal.width)) session.terminal.line(line);
  session.terminal.line();
  for (const { decision, say, arms } of tally)
    session.terminal.line(`${String(arms).padStart(5)}  ${decision.padEnd(15)} ${say}`);
  return 0;
}

/** `lifecycle experiments show <id>`: numbers, checks and what was said when. */
export async function showExperiment(
  session: Session,
  id: string,
  flags: { json?: boolean },
): Promise<number> {
  const found = await withWarehouse(session, (live) => readPublished(withDatasets(session, live), id));
  if (found.verdicts.length === 0) throw await notFound(session, id);
  if (flags.json) return printJson(session, found);
  const newest = found.verdicts.filter(({ is_newest }) => is_newest);
  print(session, { ...found, verdicts: newest });
  session.terminal.line("\nWhat was said when, as it was said then");
  session.terminal.line(
    fittedTable(
      HISTORY,
      found.verdicts.toSorted((a, b) => a.evaluated_at.localeCompare(b.evaluated_at)).map(historyCells),
      session.terminal.width,
      ["reason", "units", "boundary", "data until"],
    ),
  );
  return 0;
}

const HISTORY = [
  "at (UTC)",
  "arm",
  "look",
  "units",
  "data until",
  "effect",
  "deciding interval",
  "boundary",
  "decision",
  "reason",
];

function historyCells(row: RecordedVerdict): unknown[] {
  const show = (value: number | null) => formatEffect(value, row.metric_kind ?? "proportion");
  const isDecided = row.decision_low !== null || row.decision_high !== null;
  return [
    row.evaluated_at.slice(0, 16).replace("T", " "),
    row.arm_name ?? row.arm_id,
    row.look === null ? "" : `${row.look} of ${row.looks_planned}`,
    formatCount(row.units === null ? null : Number(row.units)),
    row.last_date,
    show(row.effect),
    isDecided ? formatInterval(row.decision_low, row.decision_high, show) : "",
    row.decision_boundary == null ? "" : `±${show(row.decision_boundary).replace("+", "")}`,
    row.decision,
    row.reason,
  ];
}

/** `lifecycle experiments evaluate <id>`: judged now, on the newest data, with the definitions as they stand; nothing is stored. */
export async function evaluateExperiment(
  session: Session,
  id: string,
  flags: { json?: boolean },
): Promise<number> {
  const { settings } = session;
  const definitions = experimentDefinitions(session);
  const evaluation = await withWarehouse(session, (live) =>
    evaluateExperiments({
      warehouse: withDatasets(session, live),
      experimentIds: [id],
      definitions,
      now: createClock(settings).now(),
    }),
  ).catch(unlessNotBuilt);
  // That nothing is known of it is the one thing said of it, with the nearest id.
  const [said] = evaluation.verdicts;
  if (evaluation.results.length === 0) throw unknown(id, said ? ` ${said.explanation}` : "");
  if (flags.json) return printJson(session, evaluation);
  print(session, evaluation);
  return 0;
}

/** What is judged from is built by runs: before the first one, or the first one of a newer version, it lacks tables or columns. */
function unlessNotBuilt(error: unknown): never {
  if (!isTableMissing(error) && errorCode(error) !== "query.unknown_column") throw error;
  throw new InputError(
    "experiments.not_built",
    `No run of this version has built what experiments are judged from: \`lifecycle run <pipeline>\`, then again. (${errorMessage(error)})`,
    { cause: error },
  );
}

/** With the nearest id that there is. */
async function notFound(session: Session, id: string): Promise<InputError> {
  const all = await withWarehouse(session, (live) => readPublished(withDatasets(session, live)));
  return unknown(id, didYouMean(id, new Set(all.verdicts.map(({ experiment_id }) => experiment_id))));
}

function unknown(id: string, hint = ""): InputError {
  return new InputError(
    "experiments.unknown",
    `There is no experiment ${id}. \`lifecycle experiments list\` names them.${hint}`,
  );
}

function printJson(session: Session, value: unknown): number {
  session.terminal.line(JSON.stringify(value));
  return 0;
}

function print(
  { terminal }: Session,
  {
    results,
    health,
    verdicts,
  }: {
    results: readonly ExperimentResultRow[];
    health: readonly ExperimentHealthRow[];
    verdicts: readonly ExperimentVerdictRow[];
  },
): void {
  terminal.line(results[0]?.experiment_name ?? results[0]?.experiment_id ?? "");
  for (const verdict of verdicts)
    terminal.line(
      `  ${wrapped(`${verdict.decision}: ${verdict.explanation}${atLook(verdict)}`, terminal.width - 2, "    ")}`,
    );
  terminal.line("\nArms, as `control` and `planned_shares` of config/experiments.yaml name them");
  terminal.line(formatTable(["id", "name", "control"], armsOf(results)));
  terminal.line("\nHealth");
  const checks = health.toSorted((a, b) => STATUS_ORDER.indexOf(a.status) - STATUS_ORDER.indexOf(b.status));
  terminal.line(
    fittedTable(
      ["check", "status", "found"],
      checks.map((row) => [row.check_name, row.status, row.detail]),
      terminal.width,
    ),
  );
  terminal.line("\nNumbers");
  terminal.line(resultTable(results, terminal.width));
}

/** What failed comes first, what could not be checked last. */
const STATUS_ORDER = ["fail", "warn", "pass", "not_checked"];

/** A declared look is about the people of its day: numbers below may be newer. */
function atLook({ look, looks_planned, units, last_date }: ExperimentVerdictRow): string {
  if (look === null) return "";
  const until = last_date === null ? "" : `, data until ${last_date}`;
  return ` (Look ${look} of ${looks_planned}: ${formatCount(Number(units))} people${until}.)`;
}

/** Every arm once, the control first. */
function armsOf(results: readonly ExperimentResultRow[]): unknown[][] {
  const arms = new Map(results.filter(({ arm_id }) => arm_id !== "all").map((row) => [row.arm_id, row]));
  return [...arms.values()]
    .toSorted((a, b) => Number(b.is_control) - Number(a.is_control))
    .map((row) => [row.arm_id, row.arm_name, row.is_control ? "yes" : ""]);
}

export interface PowerFlags {
  baseline?: number;
  like?: string;
  lift: number;
  sd?: number;
  alpha: number;
  power: number;
  arms: number;
  looks: Looks["kind"];
  perDay?: number;
  audience?: number;
  window?: number;
}

/** `lifecycle experiments power`: sample size and duration before a test is sent; `--like` takes rate and pace from an earlier one. */
export async function power(session: Session, flags: PowerFlags): Promise<number> {
  const history = flags.like === undefined ? {} : await historyOf(session, flags.like);
  const baseline = flags.baseline ?? history.baseline;
  if (baseline === undefined)
    throw new InputError(
      "power.no_baseline",
      "Say where the test starts: --baseline <rate>, or --like <experiment id>.",
    );
  const perDay = flags.perDay ?? history.perDay;
  const kind = flags.sd === undefined ? "proportion" : "mean";
  const plan = planPower({
    kind,
    baseline,
    sd: flags.sd,
    lift: flags.lift,
    alpha: flags.alpha,
    power: flags.power,
    shares: Array.from({ length: flags.arms }, () => 1),
    looks: flags.looks,
    perDay,
    audience: flags.audience,
    windowDays: flags.window ?? history.windowDays,
  });
  const { lift, power: share } = flags;
  session.terminal.line(
    `To find a lift of ${formatLift(lift)} over ${formatValue(baseline, kind)} with ${100 * share} % power:`,
  );
  for (const line of planLines(plan, flags, perDay)) session.terminal.line(`  ${line}`);
  return 0;
}

function planLines(plan: PowerPlan, { looks, audience }: PowerFlags, perDay: number | undefined): string[] {
  const inWords = (people: number) => people.toLocaleString("en-US");
  const lines = [`${inWords(plan.perArm[0]!)} people per arm, ${inWords(plan.total)} in all`];
  if (plan.inflation > 1)
    lines.push(`looking early (${looks}) costs ${(100 * (plan.inflation - 1)).toFixed(1)} % of that`);
  if (!plan.isReachable) lines.push(`not reachable: the audience of ${inWords(audience!)} is too small`);
  else if (plan.totalDays !== null)
    lines.push(
      `${plan.totalDays} days at ${inWords(Math.round(perDay!))} new people a day: ${plan.enrolDays} to fill the arms, then the time to convert, in whole weeks`,
    );
  else if (perDay === undefined)
    lines.push("say how many new people come a day (--per-day) to get its length");
  return lines;
}

/** The control's value of an earlier experiment's primary metric, and its pace. */
async function historyOf(
  session: Session,
  id: string,
): Promise<{ baseline?: number; perDay?: number; windowDays?: number }> {
  const { results } = await withWarehouse(session, (live) => readPublished(withDatasets(session, live), id));
  if (results.length === 0) throw await notFound(session, id);
  const control = results.find((row) => row.is_control && row.role === "primary" && row.segment === "all");
  if (!control || control.value === null)
    throw new InputError(
      "power.no_baseline",
      `${id} has no control whose value could be taken: say where the test starts with --baseline.`,
    );
  const { first_date: first, last_date: last } = control;
  const days = first && last ? (Date.parse(last) - Date.parse(first)) / 86_400_000 + 1 : undefined;
  const units = results
    .filter((row) => row.metric === control.metric && row.segment === "all" && row.arm_id !== "all")
    .reduce((sum, row) => sum + (row.n ?? 0), 0);
  return { baseline: control.value, ...(days ? { perDay: units / days } : {}) };
}
