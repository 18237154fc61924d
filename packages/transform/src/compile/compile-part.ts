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

/** What of `meta` decides how a model is built and judged; the rest of it is people's. */
const Meta = z.looseObject({
  partition_inputs: z.record(z.string(), z.string()).default({}),
  key_inputs: z.array(z.string()).default([]),
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

/** Inputs that a build of part of the model reads in part. */
export function partInputs(model: Model): ReadonlySet<string> {
  const meta = metaOf(model);
  return new Set([...Object.keys(meta.partition_inputs), ...meta.key_inputs]);
}

/** How part of an incremental model is built, given its text with those inputs named by their tokens. Throws `ModelFindings`. */
export function compiledPart(model: Model, project: Project, target: Target, sql: string): CompiledPart {
  const { config } = model;
  const meta = metaOf(model);
  const key = [config.unique_key ?? []].flat().map(String);
  const strategy =
    (config.incremental_strategy ?? (key.length > 0 ? "merge" : "insert_overwrite")) === "merge"
      ? "merge"
      : "partition_overwrite";
  if (strategy === "merge" && key.length === 0)
    throw wrong(
      model,
      "incremental_strategy='merge' needs unique_key",
      "Name the columns that make one row.",
    );
  if (strategy === "partition_overwrite" && config.partition_by === undefined)
    throw wrong(model, "incremental_strategy='insert_overwrite' needs partition_by");
  if (strategy === "merge" && Object.keys(meta.partition_inputs).length > 0)
    throw wrong(model, "meta.partition_inputs is for insert_overwrite", "Use meta.key_inputs with merge.");
  if (strategy !== "merge" && meta.key_inputs.length > 0)
    throw wrong(model, "meta.key_inputs is for merge", "Use meta.partition_inputs with insert_overwrite.");
  const inputs = [
    ...Object.entries(meta.partition_inputs),
    ...meta.key_inputs.map((name) => [name, ""] as const),
  ].map(([name, column]) => {
    const isRaw = mustRead(model, project, name);
    const names = [target.project, `${target.dataset}_build`, partName(name)];
    const token =
      target.engine === "duckdb"
        ? `${ident(names[1]!)}.${ident(names[2]!)}`
        : `\`${names.filter((part) => part !== undefined).join(".")}\``;
    return { name, isRaw, column, token };
  });
  const lookups = Object.entries(meta.lookups).map(([name, { on, columns }]) => {
    if (mustRead(model, project, name)) throw wrong(model, `meta.lookups: ${name} is no model`);
    return { model: name, on, columns };
  });
  return { sql, strategy, key, inputs, lookups };
}

/** True for a raw table, false for a model. */
function mustRead(model: Model, project: Project, name: string): boolean {
  if (model.sources.some(({ table }) => table === name)) return true;
  if (model.inputs.includes(name)) {
    const kind = project.models.get(name)?.config.materialized;
    if (kind === "ephemeral") throw wrong(model, `meta: ${name} is ephemeral and has no table of its own`);
    return false;
  }
  const near = nearest(name, [...model.sources.map(({ table }) => table), ...model.inputs]);
  throw wrong(
    model,
    `meta names ${name}, which ${model.name} does not read`,
    near === undefined ? undefined : `Did you mean ${near}?`,
  );
}

/**
 * How long a day stays in the table: dbt's `partition_expiration_days`, else what settings say of every partitioned table. A table whose
 * rows are merged by key or kept as versions holds them all.
 */
export function keepDays({ config, file }: Model, { retentionDays }: Target): number | null {
  const isByKey = config.unique_key !== undefined || config.materialized === "snapshot";
  const own = config.partition_expiration_days;
  if (own === undefined) return config.partition_by === undefined || isByKey ? null : (retentionDays ?? null);
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
