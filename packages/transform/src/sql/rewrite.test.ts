import { describe, expect, test } from "vitest";
import { functionNames } from "./functions/registry.ts";
import { SqlProblem } from "./problem.ts";
import { rewrite } from "./rewrite.ts";
import { ident } from "./text.ts";

const query = (sql: string): string =>
  rewrite(sql, { model: false, parameters: true, table: (parts) => parts.slice(-2).map(ident).join(".") })
    .sql;

const model = (sql: string) =>
  rewrite(sql, { model: true, parameters: false, table: (parts) => parts.map(ident).join(".") });

function problemOf(work: () => unknown): SqlProblem {
  try {
    work();
  } catch (error) {
    if (error instanceof SqlProblem) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("what comes out for DuckDB", () => {
  test.each([
    ["SELECT 1.5", "SELECT 1.5e0"],
    ["SELECT x FROM `my-project.ds.t`", 'SELECT "x" AS "x"\nFROM "ds"."t" AS "t"'],
    ["SELECT a LIKE 'x\\\\_%'", `SELECT ("a" LIKE 'x\\_%' ESCAPE '\\')`],
    ["SELECT JSON_VALUE(p, '$.a.b') AS v", `SELECT bq_json_value("p", '$.a.b') AS "v"`],
    ["SELECT COUNTIF(x > 1) AS n", 'SELECT count(*) FILTER (WHERE ("x" > 1)) AS "n"'],
    ["SELECT a / NULLIF(b, 0) AS r", 'SELECT bq_divide("a", nullif("b", 0::BIGINT)) AS "r"'],
    [
      "SELECT SAFE.PARSE_DATE('%Y%m%d', s) AS d",
      `SELECT TRY(bq_date_within(CAST(strptime("s", '%Y%m%d') AS DATE))) AS "d"`,
    ],
    ["SELECT -9223372036854775808 AS n", 'SELECT (-9223372036854775808)::BIGINT AS "n"'],
    [
      "SELECT TIMESTAMP '2024-07-01 00:00:00+02' AS t",
      `SELECT TIMESTAMPTZ '2024-07-01 00:00:00+02:00' AS "t"`,
    ],
    [
      "SELECT a, SUM(x) AS x FROM t GROUP BY a HAVING SUM(t.x) > x",
      'SELECT "a" AS "a",\n  bq_sum(sum("x")) AS "x"\nFROM "t" AS "t"\nGROUP BY "a"\nHAVING (bq_sum(sum("t"."x")) > (bq_sum(sum("x"))))',
    ],
    [
      "SELECT SUM(x) AS x FROM t QUALIFY SUM(x) OVER () > 1",
      'SELECT bq_sum(sum("x")) AS "x"\nFROM "t" AS "t"\nQUALIFY (bq_sum(sum((bq_sum(sum("x")))) OVER ()) > 1)',
    ],
    [
      "SELECT a + 1 AS x, x AS y, a AS a FROM ds.t WHERE x > 1 AND a > 1",
      'SELECT ("a" + 1) AS "x",\n  "t"."x" AS "y",\n  "a" AS "a"\nFROM "ds"."t" AS "t"\nWHERE (("t"."x" > 1) AND ("a" > 1))',
    ],
    ["SELECT k AS b, COUNT(*) AS n GROUP BY b", 'SELECT "k" AS "b",\n  count(*) AS "n"\nGROUP BY 1'],
  ])("%s", (sql, expected) => {
    expect(query(sql)).toBe(expected);
  });

  test("a name with a quote cannot leave its quotes", () => {
    expect(query('SELECT 1 AS `a"; DROP TABLE t; --`')).toBe('SELECT 1::BIGINT AS "a""; DROP TABLE t; --"');
    expect(query(`SELECT "it's; DROP TABLE t" AS a`)).toBe(`SELECT 'it''s; DROP TABLE t' AS "a"`);
  });
});

describe("the first row of each key", () => {
  const FIRST = "ROW_NUMBER() OVER (PARTITION BY k, t.day ORDER BY at DESC, id) = 1";
  const overRaw = (sql: string) =>
    rewrite(sql, {
      model: true,
      parameters: false,
      table: (parts) => parts.map(ident).join("."),
      hasRowIds: ([schema]) => schema === "raw",
    }).sql;

  test("of a table with row ids is found without sorting the rows of keys that have one", () => {
    expect(overRaw(`SELECT k, v + 1 AS w FROM raw.t AS t WHERE v > 0 QUALIFY ${FIRST}`)).toBe(
      [
        'SELECT "k" AS "k",',
        '  ("v" + 1) AS "w"',
        'FROM "raw"."t" AS "t"',
        'WHERE (("v" > 0)) AND "t".rowid NOT IN (',
        'SELECT "t".rowid',
        'FROM "raw"."t" AS "t"',
        'SEMI JOIN (SELECT "k" AS "_key_0", "t"."day" AS "_key_1"',
        'FROM "raw"."t" AS "t"',
        'WHERE ("v" > 0)',
        'GROUP BY 1, 2 HAVING count(*) > 1) AS "_twice_1" ON "k" IS NOT DISTINCT FROM "_twice_1"."_key_0" AND "t"."day" IS NOT DISTINCT FROM "_twice_1"."_key_1"',
        'WHERE ("v" > 0)',
        'QUALIFY row_number() OVER (PARTITION BY "k", "t"."day" ORDER BY "at" DESC, "id") > 1',
        ")",
      ].join("\n"),
    );
  });

  test.each([
    ["a table without row ids", `SELECT k FROM build.t AS t QUALIFY ${FIRST}`],
    ["a CTE", `WITH t AS (SELECT 1 AS k) SELECT k FROM t QUALIFY ${FIRST}`],
    ["a join", `SELECT t.k FROM raw.t AS t JOIN raw.u AS u ON u.k = t.k QUALIFY ${FIRST}`],
    ["two tables", `SELECT t.k FROM raw.t AS t, raw.u AS u QUALIFY ${FIRST}`],
    [
      "another condition beside it",
      `SELECT k FROM raw.t AS t QUALIFY ${FIRST} AND v = MAX(v) OVER (PARTITION BY k)`,
    ],
    [
      "another window in the list",
      `SELECT k, SUM(v) OVER (PARTITION BY k) AS s FROM raw.t AS t QUALIFY ${FIRST}`,
    ],
    ["a second row", `SELECT k FROM raw.t AS t QUALIFY ${FIRST.replace("= 1", "= 2")}`],
    ["another function", `SELECT k FROM raw.t AS t QUALIFY ${FIRST.replace("ROW_NUMBER", "RANK")}`],
    ["no key", "SELECT k FROM raw.t AS t QUALIFY ROW_NUMBER() OVER (ORDER BY at) = 1"],
    ["DISTINCT", `SELECT DISTINCT k FROM raw.t AS t QUALIFY ${FIRST}`],
    [
      "groups",
      `SELECT k, SUM(v) AS total FROM raw.t AS t GROUP BY k QUALIFY ROW_NUMBER() OVER (PARTITION BY k ORDER BY SUM(v)) = 1`,
    ],
    [
      "a named window",
      "SELECT k FROM raw.t AS t QUALIFY ROW_NUMBER() OVER w = 1 WINDOW w AS (PARTITION BY k ORDER BY at)",
    ],
  ])("of %s stays as it was written", (_, sql) => {
    expect(overRaw(sql)).toMatch(/\nQUALIFY /);
    expect(overRaw(sql)).not.toContain("rowid");
  });
});

describe("what is refused, by which rule and where", () => {
  test.each([
    ["SELECT a,\n  b / c AS r FROM t", "operator.divide", "b / c"],
    ["SELECT FARM_FINGERPRINT(x) AS f", "function.refused", "FARM_FINGERPRINT"],
    ["SELECT a, STRPOSS(b, 'x') AS f", "function.unknown", "STRPOSS"],
    ["SELECT LOWER(x, 'y') AS f", "syntax.error", ", 'y'"],
    ["SELECT ARRAY_AGG(x) AS f FROM t", "aggregate.order", "ARRAY_AGG"],
    ["SELECT a + 1 AS x, x * 2 AS y FROM t, u", "name.alias_or_column", "x * 2"],
    ["SELECT a + 1 AS x FROM t JOIN u ON t.k = u.k WHERE x > 2", "name.alias_or_column", "x > 2"],
    ["SELECT a, SUM(x) AS x FROM t GROUP BY a HAVING SUM(x) > 1", "aggregate.of_aggregate", "x) > 1"],
    ["SELECT a, SUM(x) AS x FROM t GROUP BY a ORDER BY MAX(x)", "aggregate.of_aggregate", "x)"],
    [
      "SELECT SUM(x) AS x FROM t QUALIFY ROW_NUMBER() OVER (ORDER BY SUM(x)) = 1",
      "aggregate.of_aggregate",
      "x)) = 1",
    ],
    ["SELECT SUM(a + MAX(x)) AS s FROM t", "aggregate.of_aggregate", "a + MAX"],
    ["SELECT STRING_AGG(x) AS f FROM t", "aggregate.order", "STRING_AGG"],
    ["SELECT ROW_NUMBER() OVER (PARTITION BY x) AS f FROM t", "window.order", "ROW_NUMBER"],
    ["SELECT FORMAT_DATE(f, d) AS x", "function.literal", "FORMAT_DATE"],
    ["SELECT FORMAT_DATE('%e', d) AS x", "date.format", "FORMAT_DATE"],
    ["SELECT REGEXP_EXTRACT(a, b) AS x", "function.literal", "REGEXP_EXTRACT"],
    ["SELECT x::INT64 AS y", "cast.double_colon", "::"],
    ["SELECT CAST(a AS VARCHAR) AS y", "type.not_allowed", "CAST"],
    ["SELECT CAST(a AS NUMERIC(10, 2)) AS y", "type.parameters", "CAST"],
    ["SELECT a[0] AS y", "array.subscript", "a[0]"],
    ["SELECT JSON_VALUE(a, '$.b[*]') AS y", "json.path", "JSON_VALUE"],
    ["SELECT a FROM t TABLESAMPLE SYSTEM (10 PERCENT)", "from.tablesample", "t TABLESAMPLE"],
    ["SELECT a FROM t NATURAL JOIN u", "join.kind", "NATURAL"],
    ["SELECT a FROM t JOIN u", "join.no_condition", "u"],
    ["SELECT a ILIKE 'x' AS y", "syntax.ilike", "ILIKE"],
    ["SELECT 1 AS a UNION SELECT 2", "set.no_mode", undefined],
    ["SELECT RAND() AS r", "function.refused", undefined],
    ["SELECT '\\u00e9' AS x", "literal.escape", "\\u00e9"],
    ["SELECT SUM(x) FILTER (WHERE y) AS s FROM t", "aggregate.filter", "SUM"],
    ["SELECT 1 AS a; SELECT 2 AS b", "statement.several", "SELECT 1"],
    ["DROP TABLE t", "statement.not_select", "DROP"],
    ["SELECT CURRENT_DATE('Mars/Olympus; --') AS d", "date.zone", undefined],
    ["SELECT a FROM t WHERE d = @@session.x", "construct.system_variable", "@@session"],
    ["SELECT HLL_COUNT.INIT(x) AS h FROM t", "function.unknown", undefined],
    ["SELECT NET.HOST(x) AS h FROM t", "function.unknown", undefined],
    ["SELECT a,, b", "syntax.error", ", b"],
  ])("%s", (sql, rule, at) => {
    const problem = problemOf(() => query(sql));
    expect({ rule: problem.rule, message: problem.message }).toMatchObject({ rule });
    if (at !== undefined)
      expect(sql.slice(problem.offset ?? -1)).toMatch(new RegExp(`^${RegExp.escape(at)}`));
  });

  test("a model names its columns, reads no table directly and takes no parameter", () => {
    expect(problemOf(() => model("SELECT * FROM t")).rule).toBe("select.star");
    expect(problemOf(() => model("SELECT a + 1 FROM t")).rule).toBe("select.unnamed");
    expect(problemOf(() => model("SELECT a, b AS A FROM t")).rule).toBe("select.duplicate");
    expect(problemOf(() => model("SELECT @p AS a")).rule).toBe("syntax.parameter");
    expect(model("WITH t AS (SELECT 1 AS a) SELECT a FROM t UNION ALL SELECT 2").columns).toEqual(["a"]);
  });

  test("nesting beyond the parser's depth is an answer, not a crash", () => {
    const deep = `SELECT ${"LOWER(".repeat(60)}'x'${")".repeat(60)} AS a`;
    expect(problemOf(() => query(deep)).rule).toMatch(/^syntax\./);
  });
});

test("the registry holds what the README says", () => {
  expect(functionNames.length).toBeGreaterThanOrEqual(170);
  expect(new Set(functionNames).size).toBe(functionNames.length);
});
