import type { Warehouse } from "@lifecycle/warehouse";
import type { CompiledCheck, CompiledModel, CompiledTest } from "../compiled.ts";
import type { Severity } from "../project/types.ts";
import { quoted } from "./quoted.ts";

export interface CheckOutcome {
  model: string;
  name: string;
  severity: Severity;
  /** Rows that break it. */
  failures: number;
  /** Some of them as objects, personal columns masked; only of tests that failed. */
  sample?: readonly Readonly<Record<string, unknown>>[];
}

export interface TestScope {
  /** Only these days of the table changed; absent means all of it. */
  partitions?: readonly string[] | undefined;
  /** Columns whose values are never shown, besides those the model tags. */
  personal?: ReadonlySet<string> | undefined;
  signal?: AbortSignal | undefined;
}

const SAMPLE_ROWS = 20;
const MASK = "***";

/** Asks every test of a built table. Where only some days changed, a test that can be asked of them alone is. */
export async function runTests(
  model: CompiledModel,
  warehouse: Warehouse,
  scope: TestScope,
): Promise<CheckOutcome[]> {
  const outcomes: CheckOutcome[] = [];
  for (const test of model.tests) outcomes.push(...(await runTest(model, test, warehouse, scope)));
  return outcomes;
}

async function runTest(
  model: CompiledModel,
  test: CompiledTest,
  warehouse: Warehouse,
  { partitions, personal, signal }: TestScope,
): Promise<CheckOutcome[]> {
  const sql = partitions && test.prunable ? inPartitions(model, test.sql, partitions, warehouse) : test.sql;
  const answer = await warehouse.query(sql, { maxRows: 1, ...(signal ? { signal } : {}) });
  const row = answer.rows[0] ?? [];
  const outcomes: CheckOutcome[] = [];
  for (const [index, check] of test.checks.entries()) {
    const failures = Number(row[index] ?? 0);
    const { name, severity } = check;
    const sample = failures > 0 ? { sample: await sampleOf(model, check, warehouse, personal) } : {};
    outcomes.push({ model: model.name, name, severity, failures, ...sample });
  }
  return outcomes;
}

function inPartitions(
  model: CompiledModel,
  sql: string,
  partitions: readonly string[],
  warehouse: Warehouse,
): string {
  const days = partitions.map((day) => `DATE '${day}'`).join(", ") || "NULL";
  const day = `CAST(${quoted(warehouse, model.partitionBy ?? "")} AS DATE)`;
  const part = `(SELECT * FROM ${model.relation} WHERE ${day} IN (${days}))`;
  return sql.replaceAll(model.relation, () => part);
}

/** Never fails a test's run: what cannot be shown is left out. */
async function sampleOf(
  model: CompiledModel,
  { sample }: CompiledCheck,
  warehouse: Warehouse,
  masked: ReadonlySet<string> = new Set(),
): Promise<Record<string, unknown>[]> {
  const sql = sampleSql(model, sample, warehouse);
  if (sql === undefined) return [];
  const answer = await warehouse.query(sql, { maxRows: SAMPLE_ROWS }).catch(() => undefined);
  const tagged = model.columns.filter((column) => column.pii).map(({ name }) => name);
  const personal = new Set([...tagged, ...masked]);
  return (answer?.rows ?? []).map((row) =>
    Object.fromEntries(
      (answer?.columns ?? []).map(({ name }, i) => [
        name,
        personal.has(name) && row[i] !== null ? MASK : row[i],
      ]),
    ),
  );
}

function sampleSql(
  model: CompiledModel,
  sample: CompiledCheck["sample"],
  warehouse: Warehouse,
): string | undefined {
  if (sample.kind === "query") return `SELECT * FROM (${sample.sql}) AS failing LIMIT ${SAMPLE_ROWS}`;
  if (model.sampleSql === null) return undefined;
  const ident = (name: string) => quoted(warehouse, name);
  const columns = model.columns.map(({ name }) => `tested.${ident(name)}`).join(", ");
  const from = `FROM (${model.sampleSql}) AS tested`;
  const counts = "flag" in sample && sample.flag !== undefined ? `tested.${sample.flag}` : "TRUE";
  switch (sample.kind) {
    case "rows":
      return `SELECT ${columns} ${from} WHERE ${counts} LIMIT ${SAMPLE_ROWS}`;
    case "keys": {
      const keys = sample.columns.map(ident).join(", ");
      const present = sample.columns.map((name) => `${ident(name)} IS NOT NULL`).join(" AND ");
      return `SELECT ${keys}, COUNT(*) AS copies ${from} WHERE ${counts} AND ${present} GROUP BY ${keys} HAVING COUNT(*) > 1 ORDER BY copies DESC LIMIT ${SAMPLE_ROWS}`;
    }
    case "orphans": {
      const parent = `SELECT 1 FROM ${warehouse.datasets.build}.${sample.to} AS parent WHERE parent.${ident(sample.field)} = tested.${ident(sample.column)}`;
      return `SELECT ${columns} ${from} WHERE ${counts} AND tested.${ident(sample.column)} IS NOT NULL AND NOT EXISTS (${parent}) LIMIT ${SAMPLE_ROWS}`;
    }
  }
}
