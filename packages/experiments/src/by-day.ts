import type { ArmDay } from "./arm-day.ts";
import type { ArmMetric } from "./arm-metric.ts";
import { armValue } from "./arm-value.ts";
import { compareArms, finite } from "./compare.ts";
import { type PeriodLength, periodsOf } from "./daily-period.ts";
import type { ExperimentDailyRow, NoDays } from "./daily-row.ts";
import type { Definition } from "./definition.ts";
import { daysCounted, spreadOf } from "./design-effect.ts";
import { digest } from "./digest.ts";
import { noLook } from "./look.ts";
import { armKey, countedDays, cutArm, judgedEpochs } from "./matured.ts";
import type { ExperimentResultRow } from "./result.ts";
import { asObjects, idFilter, MAX_ROWS, notOf, type Reader } from "./rows.ts";

/** Counted up when the same counts are to give other rows. */
const VERSION = 1;

export interface ByDayInput {
  readonly arms: readonly ArmMetric[];
  readonly days: readonly ArmDay[];
  readonly definition: Definition;
  /** What is said of the arms over all days: they are described alike, against the same control. */
  readonly results: readonly ExperimentResultRow[];
}

/** One arm by one metric in one period, beside the control's. */
interface Cell {
  readonly row: ExperimentResultRow;
  readonly period: PeriodLength;
  readonly start: string;
  readonly arm: ArmMetric;
  /** Null where there is nothing to compare with. */
  readonly control: ArmMetric | null;
  readonly maturing: number;
}

/**
 * The effects of an experiment by the day of sending, entry, assignment or first exposure, for every metric that has days; quantiles, which
 * days do not add up to, and totals of revenue, which Braze counts by the day of the purchase, have none. Empty where the counts are
 * those of which `known` is the digest; where there were days and are none, as when an allocation epoch begins, one row says so. It
 * reads what was judged and gives nothing back to it.
 */
export function newEffectsByDay(
  input: ByDayInput,
  known: string | undefined,
): readonly (ExperimentDailyRow | NoDays)[] {
  const cells = cellsOf(input);
  const { definition } = input;
  const hash = digest([
    VERSION,
    definition.alpha,
    definition.repeat_sends,
    definition.repeats,
    cells.map(basisOf),
  ]);
  if (hash === known) return [];
  const [any] = input.results;
  if (cells.length === 0 && known !== undefined && any) {
    const { workspace, experiment_id, data_state } = any;
    return [{ workspace, experiment_id, data_state, inputs_hash: hash }];
  }
  return cells.map((cell) => ({ ...dailyRow(cell, definition), inputs_hash: hash }));
}

/** Digests of the newest rows by experiment, from `raw_experiment_daily`; what the run `except` wrote is its own first try. */
export async function readByDayHashes(
  warehouse: Reader,
  ids: readonly string[],
  except: string | undefined,
): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map();
  const names = ["experiment_id", "inputs_hash"];
  const newest =
    "ROW_NUMBER() OVER (PARTITION BY experiment_id ORDER BY _extracted_at DESC, pass DESC, _load_id DESC) = 1";
  const sql = `SELECT ${names.join(", ")} FROM ${warehouse.datasets.raw}.raw_experiment_daily WHERE ${idFilter(ids)}${notOf(except)} QUALIFY ${newest} ORDER BY experiment_id`;
  const rows = asObjects(names, await warehouse.query(sql, { maxRows: MAX_ROWS }));
  return new Map(rows.map((row) => [String(row.experiment_id), String(row.inputs_hash)]));
}

function cellsOf({ arms, days, definition, results }: ByDayInput): Cell[] {
  const { from, until } = countedDays(arms, definition);
  const own = days.filter(({ segment, date }) => segment === "all" && date >= from);
  const dates = own.map(({ date }) => date);
  const { length, startOf } = periodsOf(dates, judgedEpochs(definition));
  const armOf = new Map(arms.map((arm) => [armKey(arm), arm]));
  const daysOf = Map.groupBy(own, armKey);
  const periodsOfArm = (key: string) => Map.groupBy(daysOf.get(key) ?? [], ({ date }) => startOf(date));
  const counted = (arm: ArmMetric, of: readonly ArmDay[] = []) =>
    cutArm(
      arm,
      of.filter(({ date }) => date <= until),
    );
  return results.flatMap((row): Cell[] => {
    const { metric, segment, arm_id: armId, control_arm_id } = row;
    const arm = armOf.get(armKey({ metric, segment, armId }));
    if (segment !== "all" || !arm || arm.kind === "quantile") return [];
    const controlKey = armKey({ metric, segment, armId: control_arm_id ?? "" });
    const control = armOf.get(controlKey);
    const besides = periodsOfArm(controlKey);
    return [...periodsOfArm(armKey(arm))].map(([start, of]) => ({
      row,
      period: length,
      start,
      arm: counted(arm, of),
      control: control ? counted(control, besides.get(start)) : null,
      maturing: of.reduce((sum, { date, n }) => sum + (date > until ? n : 0), 0),
    }));
  });
}

/** What the row of a cell follows from, the control's counts beside it. */
function basisOf({ row, period, start, arm, control, maturing }: Cell): unknown {
  const counts = (of: ArmMetric | null) =>
    of && [
      [of.n, of.x, of.valueSum, of.valueSumsq, of.covariateSum, of.covariateSumsq, of.crossSum],
      [of.cap, of.unitDays, of.lastDate],
    ];
  return [
    [row.experiment_name, row.metric, row.metric_kind, row.role, row.direction, row.data_state],
    [row.arm_id, row.arm_name, row.is_control, row.control_arm_id],
    [control ? null : row.reason, period, start, maturing],
    [counts(arm), counts(control)],
  ];
}

function dailyRow(cell: Cell, definition: Definition): Omit<ExperimentDailyRow, "inputs_hash"> {
  const { row, arm, control, maturing } = cell;
  return {
    workspace: row.workspace,
    experiment_id: row.experiment_id,
    experiment_name: row.experiment_name,
    metric: row.metric,
    metric_kind: row.metric_kind,
    role: row.role,
    direction: row.direction,
    arm_id: row.arm_id,
    arm_name: row.arm_name,
    is_control: row.is_control,
    period: cell.period,
    activity_date: cell.start,
    last_date: arm.lastDate,
    n: arm.n ?? 0,
    x: finite(arm.x),
    units_maturing: maturing,
    value: armValue(arm),
    control_arm_id: row.control_arm_id,
    control_n: control ? finite(control.n) : null,
    control_value: control ? armValue(control) : null,
    ...comparison(cell, definition),
    alpha: definition.alpha,
    data_state: row.data_state,
  };
}

type Effect = Pick<
  ExperimentDailyRow,
  "method" | "status" | "reason" | "effect" | "effect_low" | "effect_high" | "effect_se"
>;

const NO_EFFECT = { method: "none", effect: null, effect_low: null, effect_high: null, effect_se: null };

function comparison({ row, arm, control, maturing }: Cell, definition: Definition): Effect {
  const young = arm.n === 0 && maturing > 0 ? "maturing" : null;
  if (row.is_control) return { ...NO_EFFECT, status: "control", reason: young };
  const refused = (reason: string): Effect => ({ ...NO_EFFECT, status: "not_estimable", reason });
  if (young) return refused(young);
  if (!control) return refused(row.reason ?? "no_control");
  const spread = periodSpread(definition, [control, arm]);
  if (spread === null) return refused("unit_mismatch");
  const look = noLook(definition, definition.alpha, 0);
  const compared = compareArms(control, [arm], definition.alpha, look, spread)[0]!;
  if (compared.kind === "not_estimable") return refused(compared.reason);
  const { diff, se, lower, upper } = compared.comparison;
  return {
    method: compared.method,
    status: "estimated",
    reason: null,
    effect: finite(diff),
    effect_low: finite(lower),
    effect_high: finite(upper),
    effect_se: finite(se),
  };
}

/** Within one day Braze counts a person once; over several the same people may have come on each. */
function periodSpread(definition: Definition, arms: readonly ArmMetric[]): number | null {
  return daysCounted(arms) <= 1 ? 1 : spreadOf(definition, arms);
}
