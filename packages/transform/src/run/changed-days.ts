import { addDays } from "@lifecycle/contracts";
import type { NewLoads, Warehouse } from "@lifecycle/warehouse";
import type { CompiledModel, CompiledPart, PartInput } from "../compiled.ts";
import { quoted } from "./quoted.ts";

export const MOST_DAYS = 100_000;

/**
 * Days of the model that a change of this input since a version of it touches. `firstKept`: a day that the model keeps no longer reaches
 * none of those after it, neither by a late row nor by leaving the input.
 */
export async function changedDays(
  model: CompiledModel,
  part: CompiledPart,
  name: string,
  since: { version: number; firstKept: string | undefined },
  warehouse: Warehouse,
): Promise<readonly string[] | "all"> {
  const input = part.inputs.find((candidate) => candidate.name === name);
  if (!input) return lookedUpDays(model, part, name, warehouse);
  // New loads show in the model that names the loads of each day.
  if (input.loadsOf !== undefined)
    return (await warehouse.builds.loadsSince(name, since.version)) === "all" ? "all" : [];
  const days = input.isRaw
    ? await rawDays(input, since.version, warehouse)
    : await warehouse.builds.partitionsSince(name, since.version);
  const reach = (input.trailingDays ?? 1) - 1;
  if (days === "all" || reach === 0) return days;
  const kept = days.filter((day) => since.firstKept === undefined || day >= since.firstKept);
  return around(kept, 0, reach);
}

/** Each day with those from `back` days before it to `ahead` days after it, once, in order, as far as the calendar goes. */
export function around(days: readonly string[], back: number, ahead: number): string[] {
  const reached = new Set<string>();
  for (const day of days) for (let n = -back; n <= ahead; n++) reached.add(addDays(day, n));
  return [...reached].filter((day) => /^\d{4}-/.test(day) && day > "0001").sort();
}

async function rawDays(
  input: PartInput,
  since: number,
  warehouse: Warehouse,
): Promise<readonly string[] | "all"> {
  const rows = await newRawRows(input.name, since, warehouse);
  if (rows === "all") return "all";
  return dayList(
    warehouse,
    `SELECT DISTINCT CAST(CAST(${quoted(warehouse, input.column)} AS DATE) AS STRING) AS day FROM ${rows}`,
  );
}

/** Rows of a raw table that came after `since`, as a relation. */
export async function newRawRows(
  table: string,
  since: number,
  warehouse: Warehouse,
): Promise<string | "all"> {
  const loads = await warehouse.builds.loadsSince(table, since);
  return loads === "all" ? "all" : loadedRows(table, loads, warehouse);
}

/** Rows of a raw table that came with these loads, as a relation. */
function loadedRows(table: string, loads: NewLoads, warehouse: Warehouse): string {
  const from = `SELECT * FROM ${warehouse.datasets.raw}.${table} WHERE`;
  if (loads.loadIds.length === 0) return `(${from} FALSE) AS fresh`;
  const ids = loads.loadIds.map((id) => `'${id.replaceAll("'", "''")}'`).join(", ");
  // The instants let the engine pass over all that lies before; the ids decide.
  const instant = (at: string) => `${warehouse.engine === "duckdb" ? "TIMESTAMPTZ" : "TIMESTAMP"} '${at}'`;
  const between = `_extracted_at BETWEEN ${instant(loads.extractedFrom)} AND ${instant(loads.extractedUntil)}`;
  return `(${from} ${between} AND _load_id IN (${ids})) AS fresh`;
}

/** Rows of a raw table that came with the loads which `owner` names for these days, as a relation. */
export async function rowsOwned(
  table: string,
  owner: PartInput,
  days: readonly string[],
  warehouse: Warehouse,
): Promise<string> {
  const list = days.map((day) => `DATE '${day}'`).join(", ");
  const { rows } = await warehouse.query(
    `SELECT _load_id, CAST(MIN(_extracted_from) AS STRING) AS at_first, CAST(MAX(_extracted_until) AS STRING) AS at_last
     FROM ${warehouse.datasets.build}.${owner.name} WHERE CAST(${quoted(warehouse, owner.column)} AS DATE) IN (${list}) GROUP BY _load_id`,
    { maxRows: MOST_DAYS },
  );
  // A load that has no row on these days was read at no instant.
  const named = rows.filter(([, from]) => from !== null);
  const instants = (column: 1 | 2) => named.map((row) => String(row[column])).toSorted();
  const loads = {
    loadIds: named.map(([id]) => String(id)).toSorted(),
    extractedFrom: instants(1)[0] ?? "",
    extractedUntil: instants(2).at(-1) ?? "",
  };
  return loadedRows(table, loads, warehouse);
}

/** Days on which the model shows something else than the looked-up table says now. Nothing else is taken from that table. */
async function lookedUpDays(
  model: CompiledModel,
  part: CompiledPart,
  name: string,
  warehouse: Warehouse,
): Promise<readonly string[] | "all"> {
  const lookup = part.lookups.find((candidate) => candidate.model === name);
  if (!lookup || model.partitionBy === null) return "all";
  const ident = (column: string) => quoted(warehouse, column);
  const same = lookup.on.map((column) => `l.${ident(column)} = t.${ident(column)}`).join(" AND ");
  const differs = lookup.columns
    .map((column) => `t.${ident(column)} IS DISTINCT FROM l.${ident(column)}`)
    .join(" OR ");
  const { build } = warehouse.datasets;
  return dayList(
    warehouse,
    `SELECT DISTINCT CAST(CAST(t.${ident(model.partitionBy)} AS DATE) AS STRING) AS day FROM ${build}.${model.name} AS t
     LEFT JOIN ${build}.${name} AS l ON ${same} WHERE ${differs}`,
  );
}

/** Days whose rows the model's select gives otherwise than its table has them; rows are distinct. `from`: the first day it keeps. */
export async function differingDays(
  model: CompiledModel,
  from: string | undefined,
  warehouse: Warehouse,
): Promise<readonly string[] | "all"> {
  const columns = model.columns.map(({ name }) => quoted(warehouse, name)).join(", ");
  const day = quoted(warehouse, model.partitionBy ?? "");
  const kept = from === undefined ? "" : ` WHERE ${day} >= DATE '${from}'`;
  const now = `SELECT ${columns} FROM (\n${model.sql}\n) AS now_given${kept}`;
  const was = `SELECT ${columns} FROM ${model.relation} AS as_built`;
  return dayList(
    warehouse,
    `SELECT DISTINCT CAST(CAST(${day} AS DATE) AS STRING) AS day FROM (
       (${now} EXCEPT DISTINCT ${was}) UNION ALL (${was} EXCEPT DISTINCT ${now})) AS differing ORDER BY day`,
  );
}

/** A NULL day is no partition: then only the whole is right. */
async function dayList(warehouse: Warehouse, sql: string): Promise<readonly string[] | "all"> {
  const { rows } = await warehouse.query(sql, { maxRows: MOST_DAYS });
  return rows.some(([day]) => day === null) ? "all" : rows.map(([day]) => String(day));
}
