import { firstKeptDay } from "@lifecycle/contracts";
import type { Build, Warehouse } from "@lifecycle/warehouse";
import type { CompiledModel, CompiledPart } from "../compiled.ts";
import { changedDays, differingDays, MOST_DAYS, newRawRows, rowsOwned } from "./changed-days.ts";
import { quoted } from "./quoted.ts";

/** What is to be done for a model, and why. */
export type BuildPlan =
  | { action: "skip"; reason: string; inputs?: Readonly<Record<string, number>> }
  /** Its table stands as it is, but has not passed its tests as they are now. */
  | { action: "test"; reason: string }
  | { action: "whole"; reason: string }
  /** `expired`: those of them that the table keeps no longer. */
  | {
      action: "partitions";
      reason: string;
      partitions: readonly string[];
      expired?: readonly string[];
      loaded?: LoadedRows;
    }
  /** Without restricted inputs: the text itself says which rows are new. */
  | { action: "merge"; reason: string; keysSql: Readonly<Record<string, string>>; loaded?: LoadedRows };

/** Relations of raw tables of which only some loads are read, by table. */
type LoadedRows = Readonly<Record<string, string>>;

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
  const loaded = plan.action === "partitions" && plan.loaded ? { loaded: plan.loaded } : {};
  return { action: "partitions", reason, partitions: [...old, ...changed].sort(), expired: old, ...loaded };
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
  const daysOf = (days: readonly string[]) => daysPlan(model, build, days, { reason, now, context });
  if (part.strategy === "changed_days") {
    const days = await differingDays(model, firstKept(model, context.today), context.warehouse);
    return days === "all" ? { action: "whole", reason: "a row has no day" } : daysOf(days);
  }
  // A text that asks is_incremental() and says no more of its inputs decides by itself what is new.
  if (part.inputs.length === 0) return { action: "merge", reason, keysSql: {} };
  const known = new Set([
    ...part.inputs.map(({ name }) => name),
    ...part.lookups.map((lookup) => lookup.model),
  ]);
  const foreign = changed.find((name) => !known.has(name));
  if (foreign !== undefined) return { action: "whole", reason: `${foreign} changed` };
  if (part.strategy === "merge") return mergePlan(part, build, changed, reason, context);
  if (part.strategy === "load") return loadPlan(part, build, reason, context);
  const partitions = new Set<string>();
  for (const name of changed) {
    const since = { version: build.inputs[name] ?? 0, firstKept: firstKept(model, context.today) };
    const days = await changedDays(model, part, name, since, context.warehouse);
    if (days === "all") return { action: "whole", reason: `${name} changed throughout` };
    for (const day of days) partitions.add(day);
  }
  return daysOf([...partitions].sort());
}

/** These days, or the whole where they are most of it. */
async function daysPlan(
  model: CompiledModel,
  build: Build,
  days: readonly string[],
  given: { reason: string; now: Readonly<Record<string, number>>; context: PlanContext },
): Promise<BuildPlan> {
  const { reason, now, context } = given;
  const { warehouse } = context;
  if (days.length === 0) return untouched(model, build, now);
  const all = await warehouse.builds.partitionsSince(model.name, 0);
  const unseen = days.filter((day) => all !== "all" && !all.includes(day)).length;
  if (all === "all" || days.length > MOST_OF_IT * (all.length + unseen))
    return { action: "whole", reason: `${days.length} of its days changed` };
  const loaded: Record<string, string> = {};
  for (const { name, loadsOf } of model.part?.inputs ?? []) {
    const owner = model.part?.inputs.find((input) => input.name === loadsOf);
    if (owner) loaded[name] = await rowsOwned(name, owner, days, warehouse);
  }
  return { action: "partitions", reason, partitions: days, loaded };
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

/** The rows of loads that the table has not seen. */
async function loadPlan(
  part: CompiledPart,
  build: Build,
  reason: string,
  { warehouse }: PlanContext,
): Promise<BuildPlan> {
  const loaded: Record<string, string> = {};
  for (const { name } of part.inputs) {
    const rows = await newRawRows(name, build.inputs[name] ?? 0, warehouse);
    if (rows === "all") return { action: "whole", reason: `${name} changed throughout` };
    loaded[name] = rows;
  }
  return { action: "merge", reason, keysSql: {}, loaded };
}
