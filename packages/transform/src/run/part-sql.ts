import type { BuildMode, Warehouse } from "@lifecycle/warehouse";
import type { CompiledModel, CompiledPart } from "../compiled.ts";
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
  const { datasets } = warehouse;
  const { part, snapshot } = model;
  if (snapshot) return { sql: model.sql, how: { mode: "snapshot", ...snapshot } };
  if (part && plan.action === "partitions") {
    const expired = new Set(plan.expired);
    const read = plan.partitions.filter((day) => !expired.has(day));
    const days = read.map((day) => `DATE '${day}'`).join(", ") || "NULL";
    const sql = withInputs(warehouse, part, (input) => {
      const table = `${input.isRaw ? datasets.raw : datasets.build}.${input.name}`;
      return `SELECT * FROM ${table} WHERE CAST(${quoted(warehouse, input.column)} AS DATE) IN (${days})`;
    });
    return { sql, how: { mode: "partition_overwrite", partitions: plan.partitions } };
  }
  if (part && plan.action === "merge") {
    const keys = Object.values(plan.keysSql)[0];
    if (part.inputs.length === 0) return { sql: part.sql, how: dynamic(part) };
    const sql = withInputs(warehouse, part, (input) => {
      const table = `${input.isRaw ? datasets.raw : datasets.build}.${input.name}`;
      return keyedRows(warehouse, table, plan.keysSql[input.name] ?? "", part.key);
    });
    return { sql, how: { mode: "merge", key: part.key, ...(keys === undefined ? {} : { gone: keys }) } };
  }
  return { sql: model.sql, how: { mode: model.materialized === "view" ? "view" : "table" } };
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
