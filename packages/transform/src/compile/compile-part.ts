import { nearest } from "@lifecycle/contracts";
import { z } from "zod";
import type { CompiledGates, CompiledPart } from "../compiled.ts";
import type { Target } from "../project/host-functions.ts";
import type { Project } from "../project/load-project.ts";
import { findingAt } from "../project/places.ts";
import type { Model } from "../project/types.ts";
import { ident } from "../sql/text.ts";
import { ModelFindings } from "./findings.ts";
import { partName } from "./render-model.ts";

const Names = z.union([z.string(), z.array(z.string()).min(1)]).transform((given) => [given].flat());
const Severity = z.enum(["error", "warn"]).default("error");
const Ratio = z.number().positive();

/** The column of an input that holds its day, and what days of the model it reaches; or the model whose days name the loads to read. */
const PartitionInput = z.union([
  z.string().transform((column) => ({ column })),
  z.strictObject({ column: z.string(), trailing_days: z.int().positive().max(3660).default(1) }),
  z.strictObject({ loads_of: z.string() }),
]);

/** What of `meta` decides how a model is built and judged; the rest of it is people's. */
const Meta = z.looseObject({
  partition_inputs: z.record(z.string(), PartitionInput).default({}),
  key_inputs: z.array(z.string()).default([]),
  load_inputs: z.array(z.string()).default([]),
  replace_changed_days: z.boolean().default(false),
  lookups: z.record(z.string(), z.strictObject({ on: Names, columns: Names })).default({}),
  max_bytes_billed: z.int().positive().optional(),
  row_count: z
    .strictObject({
      min_ratio: Ratio.optional(),
      max_ratio: Ratio.optional(),
      days: z.int().positive().default(7),
      severity: Severity,
    })
    .optional(),
  freshness: z
    .strictObject({ column: z.string(), max_age_hours: z.number().positive(), severity: Severity })
    .optional(),
});
type Meta = z.infer<typeof Meta>;

function metaOf(model: Model): Meta {
  const parsed = Meta.safeParse(model.config.meta ?? {});
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw wrong(model, `meta.${issue?.path.join(".")}: ${issue?.message}`);
}

function wrong(model: Model, message: string, hint?: string): ModelFindings {
  return new ModelFindings([findingAt(model.file, 0, message, hint)]);
}

/** How part of a model is chosen; undefined when nothing says what a part of it is made from. */
export function partOf(model: Model): { inputs: ReadonlySet<string> } | undefined {
  const meta = metaOf(model);
  const inputs = new Set([...Object.keys(meta.partition_inputs), ...meta.key_inputs, ...meta.load_inputs]);
  return inputs.size > 0 || meta.replace_changed_days || model.asksIncremental ? { inputs } : undefined;
}

/** What a part is compiled for: a model with the ephemeral ones inside it, and the columns it gives. */
export interface PartContext {
  model: Model;
  /** The model itself among them. */
  readers: readonly Model[];
  project: Project;
  target: Target;
  columns: readonly string[];
}

/** How part of an incremental model is built, given its text with those inputs named by their tokens. Throws `ModelFindings`. */
export function compiledPart(context: PartContext, sql: string): CompiledPart {
  const { model } = context;
  const meta = metaOf(model);
  const strategy = strategyOf(model, meta);
  mustSuit(context, meta, strategy);
  const key = strategy === "load" ? [LOAD_ID] : [model.config.unique_key ?? []].flat().map(String);
  const names = [...meta.key_inputs, ...meta.load_inputs];
  const inputs = [
    ...Object.entries(meta.partition_inputs).map(([name, of]) => partInput(context, name, of)),
    ...names.map((name) => partInput(context, name, { column: "" })),
  ];
  for (const { name, isRaw, loadsOf } of inputs) {
    if (loadsOf !== undefined) mustNameLoads(context, meta, name, isRaw, loadsOf);
    if (strategy === "load" && !isRaw) throw wrong(model, `meta.load_inputs: ${name} is no raw table`);
  }
  const lookups = Object.entries(meta.lookups).map(([name, { on, columns }]) => {
    if (mustRead(context, name)) throw wrong(model, `meta.lookups: ${name} is no model`);
    return { model: name, on, columns };
  });
  return { sql, strategy, key, inputs, lookups };
}

const LOAD_ID = "_load_id";

function strategyOf({ config }: Model, meta: Meta): CompiledPart["strategy"] {
  if (meta.replace_changed_days) return "changed_days";
  if (meta.load_inputs.length > 0) return "load";
  const isMerge =
    (config.incremental_strategy ?? (config.unique_key ? "merge" : "insert_overwrite")) === "merge";
  return isMerge ? "merge" : "partition_overwrite";
}

/** Throws when what the config says does not go together. */
function mustSuit({ model, columns }: PartContext, meta: Meta, strategy: CompiledPart["strategy"]): void {
  const { config } = model;
  const [byDay, byKey] = [Object.keys(meta.partition_inputs).length > 0, meta.key_inputs.length > 0];
  const isByDay = strategy === "partition_overwrite" || strategy === "changed_days";
  if (strategy === "load" && config.incremental_strategy === "insert_overwrite")
    throw wrong(model, "meta.load_inputs is for merge");
  if (!isByDay && config.unique_key === undefined)
    throw wrong(
      model,
      "incremental_strategy='merge' needs unique_key",
      "Name the columns that make one row.",
    );
  if (isByDay && config.partition_by === undefined)
    throw wrong(model, "incremental_strategy='insert_overwrite' needs partition_by");
  if (isByDay && config.incremental_strategy === "merge")
    throw wrong(model, "meta.replace_changed_days is for insert_overwrite");
  if (!isByDay && byDay)
    throw wrong(model, "meta.partition_inputs is for insert_overwrite", "Use meta.key_inputs with merge.");
  if (isByDay && byKey)
    throw wrong(model, "meta.key_inputs is for merge", "Use meta.partition_inputs with insert_overwrite.");
  if (strategy === "changed_days" && (byDay || meta.load_inputs.length > 0))
    throw wrong(
      model,
      "meta.replace_changed_days takes no inputs",
      "Such a model is made from the whole of what it reads.",
    );
  const odd = model.properties?.columns.find(({ type }) => /^json$|</i.test(type ?? ""));
  if (strategy === "changed_days" && odd !== undefined)
    throw wrong(model, `meta.replace_changed_days: values of ${odd.name} (${odd.type}) cannot be compared`);
  if (strategy === "load" && byKey)
    throw wrong(model, "meta.load_inputs and meta.key_inputs do not go together", "Keep one of them.");
  if (strategy === "load" && !columns.includes(LOAD_ID))
    throw wrong(model, `meta.load_inputs needs a column ${LOAD_ID}`, "Select it from the raw table.");
}

function partInput(
  context: PartContext,
  name: string,
  of: Meta["partition_inputs"][string],
): CompiledPart["inputs"][number] {
  const { target } = context;
  const isRaw = mustRead(context, name);
  const names = [target.project, `${target.dataset}_build`, partName(name)];
  const token =
    target.engine === "duckdb"
      ? `${ident(names[1]!)}.${ident(names[2]!)}`
      : `\`${names.filter((part) => part !== undefined).join(".")}\``;
  const own = { name, isRaw, token };
  if ("loads_of" in of) return { ...own, column: "", loadsOf: of.loads_of };
  const trailing = "trailing_days" in of && of.trailing_days > 1 ? { trailingDays: of.trailing_days } : {};
  return { ...own, column: of.column, ...trailing };
}

/** Columns by which a day of a model names the loads its rows came from. */
const loadColumns = [LOAD_ID, "_extracted_from", "_extracted_until"];

function mustNameLoads(
  { model, project }: PartContext,
  meta: Meta,
  name: string,
  isRaw: boolean,
  owner: string,
): void {
  const at = `meta.partition_inputs.${name}.loads_of`;
  if (!isRaw) throw wrong(model, `${at}: ${name} is no raw table`);
  const given = meta.partition_inputs[owner];
  if (given === undefined || !("column" in given))
    throw wrong(
      model,
      `${at}: ${owner} is not among the partition_inputs`,
      "Name it there with its date column.",
    );
  const declared = project.models.get(owner)?.properties?.columns.map((column) => column.name) ?? [];
  const missing = loadColumns.filter((column) => !declared.includes(column));
  if (missing.length > 0)
    throw wrong(
      model,
      `${at}: ${owner} declares no ${missing.join(", ")}`,
      "They say which loads its days come from.",
    );
}

/** True for a raw table, false for a model. */
function mustRead({ model, readers, project }: PartContext, name: string): boolean {
  const sources = readers.flatMap((reader) => reader.sources.map(({ table }) => table));
  if (sources.includes(name)) return true;
  const inputs = readers.flatMap((reader) => reader.inputs);
  if (inputs.includes(name)) {
    const kind = project.models.get(name)?.config.materialized;
    if (kind === "ephemeral") throw wrong(model, `meta: ${name} is ephemeral and has no table of its own`);
    return false;
  }
  const near = nearest(name, [...sources, ...inputs]);
  throw wrong(
    model,
    `meta names ${name}, which ${model.name} does not read`,
    near === undefined ? undefined : `Did you mean ${near}?`,
  );
}

/**
 * How long a day stays in the table: dbt's `partition_expiration_days`, else what settings say of every partitioned table. A table whose
 * rows are merged by key or kept as versions holds them all; so does a small one that is compared day by day.
 */
export function keepDays(model: Model, { retentionDays }: Target): number | null {
  const { config, file } = model;
  const isByKey = config.unique_key !== undefined || config.materialized === "snapshot";
  const own = config.partition_expiration_days;
  const keepsAll = config.partition_by === undefined || isByKey || metaOf(model).replace_changed_days;
  if (own === undefined) return keepsAll ? null : (retentionDays ?? null);
  const found = (message: string) => new ModelFindings([findingAt(file, 0, message)]);
  if (typeof own !== "number" || !Number.isInteger(own) || own < 1)
    throw found(`partition_expiration_days: expected a whole number of days, not ${String(own)}`);
  if (config.partition_by === undefined) throw found("partition_expiration_days needs partition_by");
  if (isByKey) throw found("partition_expiration_days is not for tables kept by unique_key");
  return own;
}

/** What one build of the model may bill, by `meta`. */
export function billingCap(model: Model): number | null {
  return metaOf(model).max_bytes_billed ?? null;
}

/** The gates that are no test of dbt's, from `meta`. */
export function compiledGates(model: Model): CompiledGates {
  const { row_count: count, freshness } = metaOf(model);
  return {
    ...(count && {
      rowCount: {
        days: count.days,
        severity: count.severity,
        ...(count.min_ratio === undefined ? {} : { minRatio: count.min_ratio }),
        ...(count.max_ratio === undefined ? {} : { maxRatio: count.max_ratio }),
      },
    }),
    ...(freshness && {
      freshness: {
        column: freshness.column,
        maxAgeHours: freshness.max_age_hours,
        severity: freshness.severity,
      },
    }),
  };
}

/** Key, checked columns and time column of a snapshot, by dbt's names. Throws `ModelFindings`. */
export function compiledSnapshot(model: Model) {
  const { unique_key: given, strategy, updated_at: updatedAt, check_cols: checked } = model.config;
  const key = [given ?? []].flat().map(String);
  if (key.length === 0) throw wrong(model, "materialized='snapshot' needs unique_key");
  if (strategy === "timestamp" && updatedAt === undefined)
    throw wrong(model, "strategy='timestamp' needs updated_at");
  const check =
    checked === undefined || checked === "all" || checked === null ? undefined : [checked].flat().map(String);
  return {
    key,
    ...(check === undefined ? {} : { check }),
    ...(updatedAt === undefined ? {} : { updatedAt: String(updatedAt) }),
  };
}
