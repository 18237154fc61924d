import { InputError } from "@lifecycle/contracts";
import { describe, expect, test } from "vitest";
import { compileQuery } from "./index.ts";

const target = { engine: "duckdb", dataset: "ds" } as const;

describe("a person's query", () => {
  test("finds published, raw and named tables, and keeps BigQuery's text as it is", () => {
    const sql = "SELECT a.x, b.y, c.z FROM agg_t AS a, raw_t AS b, `my-proj.other.t` AS c";
    expect(compileQuery(sql, target).sql).toMatch(
      /"ds"\."agg_t" AS "a"[\s\S]*"ds_raw"\."raw_t" AS "b"[\s\S]*"other"\."t" AS "c"/,
    );
    const own = sql.replace("raw_t AS b", "ds_raw.raw_t AS b");
    expect(compileQuery(own, { ...target, engine: "bigquery" }).sql).toBe(own);
    expect(compileQuery("SELECT *, 1 AS n FROM agg_t", target).columns).toEqual([undefined, "n"]);
  });

  test("reads raw tables named without a dataset on BigQuery too", () => {
    const compiled = (sql: string) => compileQuery(sql, { ...target, engine: "bigquery", project: "p" }).sql;
    const cte = "`raw_t` AS (SELECT * FROM `p.ds_raw.raw_t`)";
    expect(compiled("SELECT raw_t.x FROM raw_t")).toBe(`WITH ${cte}\nSELECT raw_t.x FROM raw_t`);
    expect(compiled("-- WITH nothing\nwith a as (select x from raw_t) select x from a, raw_t")).toBe(
      `-- WITH nothing\nwith ${cte}, a as (select x from raw_t) select x from a, raw_t`,
    );
    const own = "WITH raw_t AS (SELECT 1 AS x) SELECT raw_t.x FROM raw_t, agg_t, ds_raw.raw_u";
    expect(compiled(own)).toBe(own);
    // A text that begins anew: what was compiled once compiles to rows of the same tables.
    expect(compileQuery(compiled("SELECT x FROM raw_t"), target).sql).toContain('"ds_raw"."raw_t"');
  });

  test("a function that is not allowed comes with those of its kind that are", () => {
    expect(() => compileQuery("SELECT REGEXP_POSITION(a, 'x') AS p FROM t", target)).toThrow(
      /On it are .*REGEXP_EXTRACT.*packages\/transform\/README\.md/,
    );
  });

  test.each(["DELETE FROM t WHERE TRUE", "ATTACH 'x'"])("%s is told that a query only reads", (sql) => {
    expect(() => compileQuery(sql, target)).toThrow(/A query only reads/);
    expect(() => compileQuery(sql, target)).not.toThrow(/materialized/);
  });

  test.each([
    ["SELECT a FROM read_csv('/etc/passwd') AS t", "from.not_allowed"],
    ["SELECT a FROM '/etc/passwd'", "from.name"],
    ["SELECT a FROM `/etc/data.csv`", "from.name"],
    ["SELECT getenv('HOME') AS h", "function.unknown"],
    ["SELECT a FROM t WHERE x = (SELECT MAX(y) FROM read_text('x'))", "from.not_allowed"],
    ["SELECT a FROM ML.PREDICT(MODEL m, TABLE t)", "from.not_allowed"],
    ["SELECT a INTO b FROM t", "clause.not_allowed"],
    ["SELECT a FROM t FOR UPDATE", "clause.not_allowed"],
    ["SELECT a FROM ds.INFORMATION_SCHEMA.TABLES", "from.information_schema"],
    ["SELECT a FROM `ev_*`", "from.wildcard"],
    ["ATTACH 'x'", "statement.not_select"],
    ["COPY t TO 'x'", "statement.not_select"],
    ["SELECT 1; DROP TABLE t", "statement.several"],
    ["", "statement.empty"],
    ["SELECT a FROM t WHERE a = ?", "construct.not_allowed"],
  ])("%s is refused", (sql, rule) => {
    expect(() => compileQuery(sql, target)).toThrow(InputError);
    expect(() => compileQuery(sql, target)).toThrow(`[${rule}]`);
  });
});
