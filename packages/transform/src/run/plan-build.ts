import { firstKeptDay } from "@lifecycle/contracts";
import type { Build, Warehouse } from "@lifecycle/warehouse";
import type { CompiledModel, CompiledPart } from "../compiled.ts";
import { quoted } from "./quoted.ts";

/** What is to be done for a model, and why. */
export type BuildPlan =
  | { action: "skip"; reason: string; inputs?: Readonly<Record<string, number>> }
  /** Its table stands as it is, but has not passed its tests as they are now. */
  | { action: "test"; reason: string }
  | { action: "whole"; reason: string }
  /** `expired`: those of them that the table keeps no longer. */
  | { action: "partitions"; reason: string; partitions: readonly string[]; expired?: readonly string[] }
  /** Without restricted inputs: the text itself says which rows are new. */
  | { action: "merge"; reason: string; keysSql: Readonly<Record<string, string>> };

export interface PlanContext {
  warehouse: Warehouse;
  /** Every build known, by table; kept up to date while models are built. */
  builds: ReadonlyMap<string, Build>;
  rawVersions: ReadonlyMap<string, number>;
  fullRefresh?: boolean | undefined;
  /** Builds also what has not changed. */
  evenUnchanged?: boolean | undefined;
  /** The day it is, UTC. */
  today: string;
}

/** Marks an input that only the tests read: when it changes, they are asked again. */
const TEST = "test:";

/** Version of each table a model or its tests read, as they are now. */
export function inputVersions(model: CompiledModel, context: PlanContext): Record<string, number> {
  const versions: Record<string, number> = {};
  for (const table of model.sources) versions[table] = context.rawVersions.get(table) ?? 0;
  for (const name of model.inputs) versions[name] = context.builds.get(name)?.version ?? 0;
  for (const name of model.testInputs) versions[TEST + name] = context.builds.get(name)?.version ?? 0;
  return versions;
}

/** Above this share of a table's days it is built whole: one pass instead of a delete and an insert. */
const MOST_OF_IT = 0.5;

/** Decides from the ledger of builds alone what a model needs now. Reads, changes nothing. */
export async function planBuild(model: CompiledModel, context: PlanContext): Promise<BuildPlan> {
  const plan = await planOf(model, context);
  const from = firstKept(model, context.today);
  if (from === undefined || plan.action === "whole" || plan.action === "merge") return plan;
  const old = await daysBefore(model, from, context);
  const changed = plan.action === "partitions" ? plan.partitions.filter((day) => day >= from) : [];
  if (changed.length === 0 && old.length === 0)
    return plan.action === "partitions" ? { action: "test", reason: `${plan.reason}, before ${from}` } : plan;
  const reason = changed.length === 0 ? `days before ${from} are kept no longer` : plan.reason;
  if (!model.part) return { action: "whole", reason };
  return { action: "partitions", reason, partitions: [...old, ...changed].sort(), expired: old };
}

/** The first day that the table keeps, where it does not keep all. */
export function firstKept({ keepDays, partitionBy }: CompiledModel, today: string): string | undefined {
  return keepDays === null || partitionBy === null ? undefined : firstKeptDay(today, keepDays);
}

/** Days of the built table that have rows and lie before `from`. */
async function daysBefore(
  model: CompiledModel,
  from: string,
  { warehouse }: PlanContext,
): Promise<readonly string[]> {
  const day = `CAST(${quoted(warehouse, model.partitionBy ?? "")} AS DATE)`;
  const { rows } = await warehouse.query(
    `SELECT DISTINCT CAST(${day} AS STRING) AS day FROM ${model.relation} WHERE ${day} < DATE '${from}' ORDER BY day`,
    { maxRows: MOST_DAYS },
  );
  return rows.map(([value]) => String(value));
}

async function planOf(model: CompiledModel, context: PlanContext): Promise<BuildPlan> {
  const build = context.builds.get(model.name);
  if (!build) return { action: "whole", reason: "never built" };
  if (context.fullRefresh) return { action: "whole", reason: "asked for" };
  if (build.hash !== model.buildHash) return { action: "whole", reason: "its text changed" };
  if (model.isVolatile) return { action: "whole", reason: "it reads the clock" };
  const now = inputVersions(model, context);
  const moved = Object.keys(now).filter((name) => now[name] !== build.inputs[name]);
  const changed = moved.filter((name) => !name.startsWith(TEST));
  if (changed.length > 0) return partPlan(model, build, changed, now, context);
  if (moved.length > 0)
    return { action: "test", reason: `changed: ${moved.map((name) => name.slice(TEST.length)).join(", ")}` };
  if (context.evenUnchanged) return { action: model.part ? "test" : "whole", reason: "asked for" };
  return untouched(model, build);
}

function untouched(model: CompiledModel, build: Build, inputs?: Readonly<Record<string, number>>): BuildPlan {
  if (build.auditedAs !== model.hash)
    return {
      action: "test",
      reason: build.auditedAs === undefined ? "not yet tested" : "its tests changed",
    };
  return { action: "skip", reason: "nothing it reads has changed", ...(inputs ? { inputs } : {}) };
}

async function partPlan(
  model: CompiledModel,
  build: Build,
  changed: readonly string[],
  now: Readonly<Record<string, number>>,
  context: PlanContext,
): Promise<BuildPlan> {
  const { part } = model;
  const reason = `changed: ${changed.join(", ")}`;
  if (!part) return { action: "whole", reason };
  const known = new Set([
    ...part.inputs.map(({ name }) => name),
    ...part.lookups.map((lookup) => lookup.model),
  ]);
  // A text that asks is_incremental() and says no more of its inputs decides by itself what is new.
  if (part.inputs.length === 0) return { action: "merge", reason, keysSql: {} };
  const foreign = changed.find((name) => !known.has(name));
  if (foreign !== undefined) return { action: "whole", reason: `${foreign} changed` };
  if (part.strategy === "merge") return mergePlan(part, build, changed, reason, context);
  const partitions = new Set<string>();
  for (const name of changed) {
    const days = await changedDays(model, part, name, build.inputs[name] ?? 0, context);
    if (days === "all") return { action: "whole", reason: `${name} changed throughout` };
    for (const day of days) partitions.add(day);
  }
  if (partitions.size === 0) return untouched(model, build, now);
  const all = await context.warehouse.builds.partitionsSince(model.name, 0);
  const unseen = [...partitions].filter((day) => all !== "all" && !all.includes(day)).length;
  if (all === "all" || partitions.size > MOST_OF_IT * (all.length + unseen))
    return { action: "whole", reason: `${partitions.size} of its days changed` };
  return { action: "partitions", reason, partitions: [...partitions].sort() };
}

/** Days of the model that a change of this input touches. */
async function changedDays(
  model: CompiledModel,
  part: CompiledPart,
  name: string,
  since: number,
  context: PlanContext,
): Promise<readonly string[] | "all"> {
  const { warehouse } = context;
  const input = part.inputs.find((candidate) => candidate.name === name);
  if (!input) return lookedUpDays(model, part, name, warehouse);
  if (!input.isRaw) return warehouse.builds.partitionsSince(name, since);
  const rows = await newRawRows(name, since, warehouse);
  if (rows === "all") return "all";
  return dayList(
    warehouse,
    `SELECT DISTINCT CAST(CAST(${quoted(warehouse, input.column)} AS DATE) AS STRING) AS day FROM ${rows}`,
  );
}

/** Rows of a raw table that came after `since`, as a relation. */
async function newRawRows(table: string, since: number, warehouse: Warehouse): Promise<string | "all"> {
  const loads = await warehouse.builds.loadsSince(table, since);
  if (loads === "all") return "all";
  if (loads.loadIds.length === 0)
    return `(SELECT * FROM ${warehouse.datasets.raw}.${table} WHERE FALSE) AS fresh`;
  const ids = loads.loadIds.map((id) => `'${id.replaceAll("'", "''")}'`).join(", ");
  // The instants let the engine pass over all that lies before; the ids decide.
  const instant = (at: string) => `${warehouse.engine === "duckdb" ? "TIMESTAMPTZ" : "TIMESTAMP"} '${at}'`;
  const between = `_extracted_at BETWEEN ${instant(loads.extractedFrom)} AND ${instant(loads.extractedUntil)}`;
  return `(SELECT * FROM ${warehouse.datasets.raw}.${table} WHERE ${between} AND _load_id IN (${ids})) AS fresh`;
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
    `SELECT DISTINCT CAST(t.${ident(model.partitionBy)} AS STRING) AS day FROM ${build}.${model.name} AS t
     LEFT JOIN ${build}.${name} AS l ON ${same} WHERE ${differs}`,
  );
}

const MOST_DAYS = 100_000;

/** A NULL day is no partition: then only the whole is right. */
async function dayList(warehouse: Warehouse, sql: string): Promise<readonly string[] | "all"> {
  const { rows } = await warehouse.query(sql, { maxRows: MOST_DAYS });
  return rows.some(([day]) => day === null) ? "all" : rows.map(([day]) => String(day));
}

async function mergePlan(
  part: CompiledPart,
  build: Build,
  changed: readonly string[],
  reason: string,
  { warehouse }: PlanContext,
): Promise<BuildPlan> {
  const key = part.key.map((name) => quoted(warehouse, name)).join(", ");
  const selects: string[] = [];
  for (const name of changed) {
    const input = part.inputs.find((candidate) => candidate.name === name);
    if (!input?.isRaw) return { action: "whole", reason: `${name} changed` };
    const rows = await newRawRows(name, build.inputs[name] ?? 0, warehouse);
    if (rows === "all") return { action: "whole", reason: `${name} changed throughout` };
    selects.push(`SELECT ${key} FROM ${rows}`);
  }
  const keys = `SELECT DISTINCT ${key} FROM (${selects.join(" UNION ALL ")}) AS changed`;
  return {
    action: "merge",
    reason,
    keysSql: Object.fromEntries(part.inputs.map(({ name }) => [name, keys])),
  };
}
