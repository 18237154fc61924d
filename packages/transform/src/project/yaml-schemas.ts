import { z } from "zod";
import { materialisations } from "./types.ts";

const Scalar = z.union([z.string(), z.number(), z.boolean()]);

/** Config keys of a model's header and of its YAML: dbt-bigquery's, as far as they mean something here or there. */
export const configKeys = [
  "materialized",
  "tags",
  "enabled",
  "meta",
  "partition_by",
  "cluster_by",
  "unique_key",
  "incremental_strategy",
  "on_schema_change",
  "require_partition_filter",
  "partition_expiration_days",
  "strategy",
  "updated_at",
  "check_cols",
  "severity",
  "labels",
  "grants",
  "description",
  "alias",
  "schema",
] as const;

export const Config = z.strictObject({
  materialized: z.enum(materialisations).optional(),
  tags: z.union([z.string(), z.array(z.string())]).optional(),
  enabled: z.boolean().optional(),
  meta: z.record(z.string(), z.unknown()).optional(),
  partition_by: z.unknown().optional(),
  cluster_by: z.union([z.string(), z.array(z.string())]).optional(),
  unique_key: z.unknown().optional(),
  incremental_strategy: z.enum(["merge", "insert_overwrite"]).optional(),
  on_schema_change: z.string().optional(),
  require_partition_filter: z.boolean().optional(),
  partition_expiration_days: z.number().optional(),
  strategy: z.enum(["check", "timestamp"]).optional(),
  updated_at: z.string().optional(),
  check_cols: z.unknown().optional(),
  /** Of a check. */
  severity: z.enum(["error", "warn"]).optional(),
  labels: z.record(z.string(), z.string()).optional(),
  /** dbt-bigquery's: who holds which role on the published table, as IAM writes them. */
  grants: z
    .record(
      z.string().regex(/^(roles|projects\/[\w:.-]+\/roles|organizations\/\d+\/roles)\/[\w.]+$/),
      z.union([z.string(), z.array(z.string())]),
    )
    .optional(),
  description: z.string().optional(),
});

const TestConfig = z.strictObject({
  severity: z.enum(["error", "warn", "ERROR", "WARN"]).optional(),
  where: z.string().optional(),
  tags: z.unknown().optional(),
});

/** Arguments of each test we know; dbt puts them either beside `config` or under `arguments`. */
export const testArguments = {
  not_null: z.strictObject({}),
  unique: z.strictObject({}),
  accepted_values: z.strictObject({ values: z.array(Scalar).min(1), quote: z.boolean().optional() }),
  accepted_range: z
    .strictObject({
      min_value: z.union([z.number(), z.string()]).optional(),
      max_value: z.union([z.number(), z.string()]).optional(),
    })
    .refine(
      (range) => range.min_value !== undefined || range.max_value !== undefined,
      "accepted_range needs min_value or max_value",
    ),
  relationships: z.strictObject({
    to: z.string().regex(/^ref\(\s*['"]\w+['"]\s*\)$/, "expected ref('model')"),
    field: z.string(),
  }),
  unique_combination_of_columns: z.strictObject({ combination_of_columns: z.array(z.string()).min(1) }),
  expression_is_true: z.strictObject({ expression: z.string() }),
} as const;
export type TestName = keyof typeof testArguments;

const Tests = z.array(z.union([z.string(), z.record(z.string(), z.unknown())]));

export const TestOptions = z.looseObject({
  config: TestConfig.optional(),
  arguments: z.record(z.string(), z.unknown()).optional(),
  name: z.string().optional(),
  description: z.string().optional(),
});

const YamlColumn = z.strictObject({
  name: z.string(),
  data_type: z.string().optional(),
  description: z.string().optional(),
  data_tests: Tests.optional(),
  tests: Tests.optional(),
  meta: z.record(z.string(), z.unknown()).optional(),
  tags: z.unknown().optional(),
  config: z.unknown().optional(),
  constraints: z.unknown().optional(),
});

export const YamlModel = z.strictObject({
  name: z.string(),
  description: z.string().optional(),
  config: Config.optional(),
  columns: z.array(YamlColumn).optional(),
  data_tests: Tests.optional(),
  tests: Tests.optional(),
  meta: z.record(z.string(), z.unknown()).optional(),
  docs: z.unknown().optional(),
});

const YamlTable = z.looseObject({
  name: z.string(),
  columns: z.array(z.looseObject({ name: z.string(), data_type: z.string().optional() })).optional(),
});

const YamlSource = z.looseObject({
  name: z.string(),
  tables: z.array(YamlTable).optional(),
});

export const YamlFile = z.strictObject({
  version: z.literal(2).optional(),
  models: z.array(YamlModel).optional(),
  snapshots: z.array(YamlModel).optional(),
  sources: z.array(YamlSource).optional(),
  macros: z.unknown().optional(),
  exposures: z.unknown().optional(),
});
export type YamlFile = z.infer<typeof YamlFile>;
export type YamlModel = z.infer<typeof YamlModel>;
