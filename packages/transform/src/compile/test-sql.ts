import type { CompiledCheck } from "../compiled.ts";
import type { ModelTest, Severity } from "../project/types.ts";

/** A test in BigQuery's text, before it is rewritten for an engine. */
export interface TestText {
  sql: string;
  checks: CompiledCheck[];
}

/** All predicates of a table in one scan, one query per unique key, one anti-join per relationship. */
export function testTexts(
  table: string,
  tests: readonly ModelTest[],
  relation: (model: string) => string,
): TestText[] {
  const scanned = tests.flatMap((test) => {
    const failing = failingRows(test);
    return failing === undefined
      ? []
      : [{ check: { name: testName(test), severity: test.severity }, failing }];
  });
  const texts: TestText[] = [];
  if (scanned.length > 0) {
    const counts = scanned.map(({ failing }, index) => `COUNTIF(${failing}) AS t${index}`);
    texts.push({
      sql: `SELECT ${counts.join(",\n  ")}\nFROM ${table} AS tested`,
      checks: scanned.map(({ check }) => check),
    });
  }
  for (const test of tests) {
    const sql = ownQuery(table, test, relation);
    if (sql !== undefined)
      texts.push({ sql, checks: [{ name: testName(test), severity: test.severity as Severity }] });
  }
  return texts;
}

export function testName(test: ModelTest): string {
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
