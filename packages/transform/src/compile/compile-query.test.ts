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
    expect(compileQuery(sql, { ...target, engine: "bigquery" }).sql).toBe(sql);
    expect(compileQuery("SELECT *, 1 AS n FROM agg_t", target).columns).toEqual([undefined, "n"]);
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
