import type { BuildMode, Warehouse } from "@lifecycle/warehouse";
import type { CompiledModel, CompiledPart } from "../compiled.ts";
import { type BuildPlan, firstKept } from "./plan-build.ts";
import { quoted } from "./quoted.ts";

/** The select and the mode of a build as planned. Text of DuckDB where it builds a part: no other engine builds parts yet. */
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
  { datasets }: Warehouse,
): { sql: string; how: BuildMode } {
  const { part, snapshot } = model;
  if (snapshot) return { sql: model.sql, how: { mode: "snapshot", ...snapshot } };
  if (part && plan.action === "partitions") {
    const expired = new Set(plan.expired);
    const read = plan.partitions.filter((day) => !expired.has(day));
    const days = read.map((day) => `DATE '${day}'`).join(", ") || "NULL";
    const sql = withInputs(part, (input) => {
      const table = `${input.isRaw ? datasets.raw : datasets.build}.${input.name}`;
      return `SELECT * FROM ${table} WHERE CAST("${input.column}" AS DATE) IN (${days})`;
    });
    return { sql, how: { mode: "partition_overwrite", partitions: plan.partitions } };
  }
  if (part && plan.action === "merge") {
    const keys = Object.values(plan.keysSql)[0];
    if (part.inputs.length === 0) return { sql: part.sql, how: dynamic(part) };
    const same = part.key.map((name) => `k."${name}" IS NOT DISTINCT FROM r."${name}"`).join(" AND ");
    const sql = withInputs(part, (input) => {
      const table = `${input.isRaw ? datasets.raw : datasets.build}.${input.name}`;
      return `SELECT r.* FROM ${table} AS r SEMI JOIN (${plan.keysSql[input.name]}) AS k ON ${same}`;
    });
    return { sql, how: { mode: "merge", key: part.key, ...(keys === undefined ? {} : { gone: keys }) } };
  }
  return { sql: model.sql, how: { mode: model.materialized === "view" ? "view" : "table" } };
}

/** dbt's own meaning: the rows that the text gives replace those of their days, or of their keys. */
function dynamic(part: CompiledPart): BuildMode {
  return part.strategy === "merge" ? { mode: "merge", key: part.key } : { mode: "partition_overwrite" };
}

function withInputs(part: CompiledPart, select: (input: CompiledPart["inputs"][number]) => string): string {
  let sql = part.sql;
  for (const input of part.inputs) sql = sql.replaceAll(input.token, () => `(${select(input)})`);
  return sql;
}
