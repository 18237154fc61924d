import type { Warehouse } from "@lifecycle/warehouse";
import type { CompiledModel } from "../compiled.ts";
import { quoted } from "./quoted.ts";
import type { CheckOutcome } from "./run-tests.ts";

export interface GateContext {
  warehouse: Warehouse;
  now: Date;
  /** Rows that builds of the model had in the last so many days, this one left out. */
  history: (model: string, days: number) => Promise<readonly number[]>;
}

const HOUR_MS = 3_600_000;

/** The gates of `meta`: the number of rows against its trailing median, and the age of the newest row. */
export async function runGates(
  model: CompiledModel,
  rows: number,
  context: GateContext,
): Promise<CheckOutcome[]> {
  const { rowCount, freshness } = model.gates;
  return [
    ...(rowCount ? [await rowCountGate(model, rowCount, rows, context)] : []),
    ...(freshness ? [await freshnessGate(model, freshness, context)] : []),
  ];
}

async function rowCountGate(
  model: CompiledModel,
  gate: NonNullable<CompiledModel["gates"]["rowCount"]>,
  rows: number,
  { history }: GateContext,
): Promise<CheckOutcome> {
  const usual = median(await history(model.name, gate.days));
  const isFew = usual !== undefined && gate.minRatio !== undefined && rows < usual * gate.minRatio;
  const isMany = usual !== undefined && gate.maxRatio !== undefined && rows > usual * gate.maxRatio;
  const outcome = { model: model.name, name: "row_count_against_history", severity: gate.severity };
  if (!isFew && !isMany) return { ...outcome, failures: 0 };
  return { ...outcome, failures: 1, sample: [{ rows, trailing_median: usual, days: gate.days }] };
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

/** A table without rows is as old as it can be. */
async function freshnessGate(
  model: CompiledModel,
  gate: NonNullable<CompiledModel["gates"]["freshness"]>,
  { warehouse, now }: GateContext,
): Promise<CheckOutcome> {
  const sql = `SELECT MAX(${quoted(warehouse, gate.column)}) AS newest FROM ${model.relation}`;
  const newest = (await warehouse.query(sql)).rows[0]?.[0];
  const ageHours = newest == null ? undefined : (now.getTime() - Date.parse(String(newest))) / HOUR_MS;
  const isOld = ageHours === undefined || ageHours > gate.maxAgeHours;
  const outcome = { model: model.name, name: `freshness_${gate.column}`, severity: gate.severity };
  if (!isOld) return { ...outcome, failures: 0 };
  return { ...outcome, failures: 1, sample: [{ newest: newest ?? null, max_age_hours: gate.maxAgeHours }] };
}
