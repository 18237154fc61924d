import type { CompiledCheck, CompiledSample } from "../compiled.ts";
import type { ModelTest, Severity } from "../project/types.ts";

/** A test in BigQuery's text, before it is rewritten for an engine. */
export interface TestText {
  sql: string;
  checks: CompiledCheck[];
  prunable: boolean;
}

const flagOf = (index: number): string => `_fails_${index}`;

/**
 * All predicates of a table in one scan, one query per unique key, one anti-join per relationship. What rows of one partition break is
 * found there alone; equal keys in two partitions are not, unless the partition is part of the key.
 */
export function testTexts(
  table: string,
  tests: readonly ModelTest[],
  relation: (model: string) => string,
  partition: string | null = null,
): TestText[] {
  const scanned = tests.flatMap((test, index) => {
    const failing = failingRows(test);
    const sample = { kind: "rows" as const, flag: flagOf(index) };
    return failing === undefined
      ? []
      : [{ check: { name: testName(test), severity: test.severity, sample }, failing }];
  });
  const texts: TestText[] = [];
  if (scanned.length > 0) {
    const counts = scanned.map(({ failing }, index) => `COUNTIF(${failing}) AS t${index}`);
    texts.push({
      sql: `SELECT ${counts.join(",\n  ")}\nFROM ${table} AS tested`,
      checks: scanned.map(({ check }) => check),
      prunable: partition !== null,
    });
  }
  for (const [index, test] of tests.entries()) {
    const sql = ownQuery(table, test, relation);
    if (sql === undefined) continue;
    const check = {
      name: testName(test),
      severity: test.severity as Severity,
      sample: keySample(test, index),
    };
    texts.push({ sql, checks: [check], prunable: partition !== null && keyOf(test).includes(partition) });
  }
  return texts;
}

function keyOf(test: ModelTest): readonly string[] {
  if (test.kind === "unique_combination_of_columns") return test.columns;
  return test.kind === "unique" ? [test.column] : [];
}

function keySample(test: ModelTest, index: number): CompiledSample {
  const flag = test.where === undefined ? {} : { flag: flagOf(index) };
  return test.kind === "relationships"
    ? { kind: "orphans", column: test.column, to: test.to, field: test.field, ...flag }
    : { kind: "keys", columns: keyOf(test), ...flag };
}

/** All columns of a table with one flag per test: whether the row breaks it or, for keys and relationships, whether it counts. */
export function sampleText(
  table: string,
  columns: readonly string[],
  tests: readonly ModelTest[],
): string | undefined {
  const flags = tests.flatMap((test, index) => {
    const predicate = failingRows(test) ?? test.where;
    return predicate === undefined ? [] : [`(${predicate}) AS ${flagOf(index)}`];
  });
  if (tests.length === 0) return undefined;
  return `SELECT ${[...columns.map((name) => `\`${name}\``), ...flags].join(",\n  ")}\nFROM ${table} AS tested`;
}

function testName(test: ModelTest): string {
  switch (test.kind) {
    case "unique_combination_of_columns":
      return `unique_${test.columns.join("_")}`;
    case "expression_is_true":
      return `expression_is_true: ${test.expression}`;
    default:
      return `${test.kind}_${test.column}`;
  }
}

/** The predicate of a failing row; undefined for tests that need a query of their own. NULL passes all but not_null. */
function failingRows(test: ModelTest): string | undefined {
  const predicate = failingPredicate(test);
  if (predicate === undefined || test.where === undefined) return predicate;
  return `(${test.where}) AND (${predicate})`;
}

function failingPredicate(test: ModelTest): string | undefined {
  switch (test.kind) {
    case "not_null":
      return `\`${test.column}\` IS NULL`;
    case "accepted_values":
      return `\`${test.column}\` NOT IN (${test.values.map(literal).join(", ")})`;
    case "accepted_range": {
      const low = test.min === undefined ? [] : [`\`${test.column}\` < ${bound(test.min)}`];
      const high = test.max === undefined ? [] : [`\`${test.column}\` > ${bound(test.max)}`];
      return [...low, ...high].join(" OR ");
    }
    case "expression_is_true":
      return `NOT COALESCE(${test.expression}, FALSE)`;
    default:
      return undefined;
  }
}

function ownQuery(table: string, test: ModelTest, relation: (model: string) => string): string | undefined {
  switch (test.kind) {
    case "unique":
      return surplusRows(table, [test.column], test.where);
    case "unique_combination_of_columns":
      return surplusRows(table, test.columns, test.where);
    case "relationships":
      return orphans(table, test, relation(test.to));
    default:
      return undefined;
  }
}

/** Rows beyond the first of each key. A key with a NULL in it is not_null's business. */
function surplusRows(table: string, columns: readonly string[], where: string | undefined): string {
  const keys = columns.map((column) => `\`${column}\``);
  const present = keys.map((key) => `${key} IS NOT NULL`).join(" AND ");
  return [
    "SELECT COALESCE(SUM(copies.n - 1), 0) AS t0 FROM (",
    `  SELECT COUNT(*) AS n FROM ${table} AS tested`,
    `  WHERE ${present}${where === undefined ? "" : ` AND (${where})`}`,
    `  GROUP BY ${keys.join(", ")}`,
    ") AS copies",
  ].join("\n");
}

function orphans(table: string, test: ModelTest & { kind: "relationships" }, parent: string): string {
  return [
    `SELECT COUNT(*) AS t0 FROM ${table} AS tested`,
    `WHERE tested.\`${test.column}\` IS NOT NULL${test.where === undefined ? "" : ` AND (${test.where})`}`,
    `AND NOT EXISTS (SELECT 1 FROM ${parent} AS parent WHERE parent.\`${test.field}\` = tested.\`${test.column}\`)`,
  ].join("\n");
}

function literal(value: string | number | boolean): string {
  if (typeof value === "string") return `'${value.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
  return typeof value === "boolean" ? String(value).toUpperCase() : String(value);
}

/** A bound given as text is an expression: `DATE '2020-01-01'`, `other_column`. */
function bound(value: number | string): string {
  return typeof value === "number" ? String(value) : `(${value})`;
}
