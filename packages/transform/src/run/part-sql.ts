import type { BuildMode, Warehouse } from "@lifecycle/warehouse";
import type { CompiledModel, CompiledPart } from "../compiled.ts";
import { around } from "./changed-days.ts";
import { type BuildPlan, firstKept } from "./plan-build.ts";
import { quoted } from "./quoted.ts";

/** The select and the mode of a build as planned, in the engine's own text. */
export function buildOf(
  model: CompiledModel,
  plan: BuildPlan,
  warehouse: Warehouse,
  today: string,
): { sql: string; how: BuildMode } {
  const { sql, how } = wholeOrPart(model, plan, warehouse);
  const from = firstKept(model, today);
  if (from === undefined) return { sql, how };
  const day = quoted(warehouse, model.partitionBy ?? "");
  const kept = `SELECT * FROM (\n${sql}\n) AS kept WHERE ${day} IS NULL OR CAST(${day} AS DATE) >= DATE '${from}'`;
  return { sql: kept, how };
}

function wholeOrPart(
  model: CompiledModel,
  plan: BuildPlan,
  warehouse: Warehouse,
): { sql: string; how: BuildMode } {
  const { part, snapshot } = model;
  if (snapshot) return { sql: model.sql, how: { mode: "snapshot", ...snapshot } };
  if (part && plan.action === "partitions") return daysBuild(model, part, plan, warehouse);
  if (part && plan.action === "merge") return mergeBuild(part, plan, warehouse);
  return { sql: model.sql, how: { mode: model.materialized === "view" ? "view" : "table" } };
}

function daysBuild(
  model: CompiledModel,
  part: CompiledPart,
  plan: BuildPlan & { action: "partitions" },
  warehouse: Warehouse,
): { sql: string; how: BuildMode } {
  const { datasets } = warehouse;
  const expired = new Set(plan.expired);
  const read = plan.partitions.filter((day) => !expired.has(day));
  const list = (days: readonly string[]) => days.map((day) => `DATE '${day}'`).join(", ") || "NULL";
  const how: BuildMode = { mode: "partition_overwrite", partitions: plan.partitions };
  if (part.strategy === "changed_days") {
    const day = quoted(warehouse, model.partitionBy ?? "");
    return {
      sql: `SELECT * FROM (\n${part.sql}\n) AS given WHERE CAST(${day} AS DATE) IN (${list(read)})`,
      how,
    };
  }
  const sql = withInputs(warehouse, part, ({ name, isRaw, column, trailingDays = 1, loadsOf }) => {
    const table = `${isRaw ? datasets.raw : datasets.build}.${name}`;
    if (loadsOf !== undefined) return loadedSelect(table, plan.loaded?.[name]);
    const days = list(trailingDays === 1 ? read : around(read, trailingDays - 1, 0));
    return `SELECT * FROM ${table} WHERE CAST(${quoted(warehouse, column)} AS DATE) IN (${days})`;
  });
  return { sql, how };
}

/** What was planned to be read of a raw table; nothing where no day was left to build. */
function loadedSelect(table: string, rows: string | undefined): string {
  return rows === undefined ? `SELECT * FROM ${table} WHERE FALSE` : `SELECT * FROM ${rows}`;
}

function mergeBuild(
  part: CompiledPart,
  plan: BuildPlan & { action: "merge" },
  warehouse: Warehouse,
): { sql: string; how: BuildMode } {
  const { datasets } = warehouse;
  if (part.inputs.length === 0) return { sql: part.sql, how: dynamic(part) };
  const keys = Object.values(plan.keysSql)[0];
  const sql = withInputs(warehouse, part, ({ name, isRaw }) => {
    const table = `${isRaw ? datasets.raw : datasets.build}.${name}`;
    if (plan.loaded) return loadedSelect(table, plan.loaded[name]);
    return keyedRows(warehouse, table, plan.keysSql[name] ?? "", part.key);
  });
  return { sql, how: { mode: "merge", key: part.key, ...(keys === undefined ? {} : { gone: keys }) } };
}

/**
 * Rows of a table that have one of the keys, each once; NULL is the same as NULL. The keys are distinct. BigQuery joins by equalities
 * alone, and takes `IS NOT DISTINCT FROM` for none.
 */
function keyedRows(
  warehouse: Pick<Warehouse, "engine">,
  table: string,
  keysSql: string,
  key: readonly string[],
): string {
  const sides = key.map((name) => [`k.${quoted(warehouse, name)}`, `r.${quoted(warehouse, name)}`] as const);
  if (warehouse.engine === "duckdb") {
    const same = sides.map(([k, r]) => `${k} IS NOT DISTINCT FROM ${r}`).join(" AND ");
    return `SELECT r.* FROM ${table} AS r SEMI JOIN (${keysSql}) AS k ON ${same}`;
  }
  const text = (side: string) => `COALESCE(CAST(${side} AS STRING), '')`;
  const same = sides.map(([k, r]) => `${text(k)} = ${text(r)} AND (${k} IS NULL) = (${r} IS NULL)`);
  return `SELECT r.* FROM ${table} AS r INNER JOIN (${keysSql}) AS k ON ${same.join(" AND ")}`;
}

/** dbt's own meaning: the rows that the text gives replace those of their days, or of their keys. */
function dynamic(part: CompiledPart): BuildMode {
  return part.strategy === "merge" ? { mode: "merge", key: part.key } : { mode: "partition_overwrite" };
}

/**
 * The text with what it reads of each input in the place of its token: as a CTE on BigQuery, where a select in brackets would want an alias
 * that the author may have written, or not.
 */
function withInputs(
  { engine }: Pick<Warehouse, "engine">,
  part: CompiledPart,
  select: (input: CompiledPart["inputs"][number]) => string,
): string {
  let sql = part.sql;
  const ctes: string[] = [];
  for (const input of part.inputs) {
    const name = `part_of_${input.name}`;
    const own = engine === "duckdb" ? `(${select(input)})` : `\`${name}\``;
    sql = sql.replaceAll(input.token, () => own);
    ctes.push(`\`${name}\` AS (${select(input)})`);
  }
  return engine === "duckdb" ? sql : `WITH ${ctes.join(",\n")}\nSELECT * FROM (\n${sql}\n) AS part`;
}
