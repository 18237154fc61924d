import { describe, expect, test } from "vitest";
import { compileQuery } from "../../compile/index.ts";
import { declaredShape } from "./scope.ts";

const orders = declaredShape(
  Object.entries({
    order_id: "INT64",
    customer_ref: "STRING",
    amount: "NUMERIC",
    rate: "FLOAT64",
    ordered_on: "DATE",
    sent_at: "TIMESTAMP",
    local_at: "DATETIME",
    is_paid: "BOOL",
    payload: "JSON",
    tags: "ARRAY<STRING>",
    item: "STRUCT<sku STRING, pieces INT64>",
    odd: "GEOGRAPHY",
  }).map(([name, type]) => ({ name, type })),
);

function compiled(text: string, engine: "duckdb" | "bigquery" = "duckdb") {
  const sql = /^(SELECT|WITH)\b/.test(text) ? text : `SELECT ${text} AS x FROM orders`;
  return compileQuery(sql, { engine, dataset: "ds" }, undefined, ([table]) =>
    table === "orders" ? orders : undefined,
  );
}

describe("refused with both types and what to write instead", () => {
  test.each([
    [
      "order_id = customer_ref",
      "compare",
      "cannot compare order_id (INT64) with customer_ref (STRING)",
      "CAST(order_id AS STRING) or SAFE_CAST(customer_ref AS INT64)",
    ],
    [
      "order_id IN ('5', '6')",
      "compare",
      "order_id (INT64) with '5' (STRING)",
      "Write CAST(order_id AS STRING) or 5.",
    ],
    ["sent_at >= ordered_on", "compare", "sent_at (TIMESTAMP)", "DATE(sent_at) or TIMESTAMP(ordered_on)"],
    ["ordered_on = 'yesterday'", "compare", "ordered_on (DATE)", "write a day such as '2026-01-31'"],
    ["payload = payload", "compare", "no = for payload (JSON)", "JSON_VALUE(payload)"],
    [
      "ordered_on + rate",
      "operator",
      "ordered_on (DATE) + rate (FLOAT64)",
      "DATE_ADD(ordered_on, INTERVAL n DAY)",
    ],
    [
      "customer_ref + 1",
      "operator",
      "customer_ref (STRING) + 1 (INT64)",
      "SAFE_CAST(customer_ref AS NUMERIC)",
    ],
    ["order_id = NULL", "null", "no bare NULL beside =", "IS NULL"],
    ["NOT order_id", "condition", "NOT takes a BOOL", "order_id != 0"],
    [
      "COALESCE(order_id, 'none')",
      "common",
      "order_id (INT64) and 'none' (STRING)",
      "CAST(order_id AS STRING)",
    ],
    ["CASE WHEN is_paid THEN amount ELSE 'no' END", "common", "CASE gives", "CAST(amount AS STRING)"],
    [
      "SUM(customer_ref)",
      "argument",
      "SUM takes INT64, NUMERIC or FLOAT64",
      "SAFE_CAST(customer_ref AS NUMERIC)",
    ],
    ["CONCAT('a', payload)", "argument", "not payload (JSON)", "JSON_VALUE(payload)"],
    [
      "DATE_TRUNC(customer_ref, MONTH)",
      "argument",
      "DATE, DATETIME or TIMESTAMP",
      "SAFE_CAST(customer_ref AS DATE)",
    ],
    [
      "CAST(ordered_on AS INT64)",
      "cast",
      "cannot cast ordered_on (DATE) to INT64",
      "STRING, DATETIME, TIMESTAMP",
    ],
    ["item.qty", "field", "item (STRUCT) has no field qty", "It has sku, pieces."],
    ["ROW_NUMBER() OVER (PARTITION BY rate ORDER BY order_id)", "key", "PARTITION BY for rate", "AS NUMERIC"],
    [
      "SELECT 1 AS x FROM orders WHERE customer_ref",
      "condition",
      "WHERE takes a BOOL",
      "customer_ref = 'true'",
    ],
    [
      "SELECT a.order_id FROM orders AS a JOIN orders AS b ON a.order_id",
      "condition",
      "ON takes a BOOL",
      "!= 0",
    ],
    [
      "SELECT order_id FROM orders UNION ALL SELECT customer_ref FROM orders",
      "union",
      "column 1 (order_id) of this UNION",
      "CAST(order_id AS STRING)",
    ],
    [
      "WITH c AS (SELECT order_id AS k FROM orders) SELECT 1 AS x FROM c JOIN (SELECT customer_ref AS k FROM orders) AS d USING (k)",
      "compare",
      "k is INT64 on one side and STRING on the other",
      "ON, with a CAST",
    ],
    [
      "WITH c AS (SELECT MAX(sent_at) AS last FROM orders) SELECT 1 AS x FROM orders WHERE ordered_on < (SELECT last FROM c)",
      "compare",
      "ordered_on (DATE) with (SELECT …) (TIMESTAMP)",
      "DATE((SELECT …))",
    ],
    [
      "SELECT tag + 1 AS x FROM orders, UNNEST(tags) AS tag",
      "operator",
      "tag (STRING) + 1",
      "SAFE_CAST(tag AS NUMERIC)",
    ],
  ])("%s", (text, rule, message, hint) => {
    for (const engine of ["duckdb", "bigquery"] as const) {
      expect(() => compiled(text, engine)).toThrow(`[type.${rule}]`);
      expect(() => compiled(text, engine)).toThrow(message);
      expect(() => compiled(text, engine)).toThrow(hint);
    }
  });

  test.each(["CONCAT('a', rate)", "customer_ref || amount", "'at ' || sent_at"])(
    "%s, which the engines write out differently",
    (text) => {
      expect(() => compiled(text)).toThrow("[concat.cast]");
      expect(() => compiled(text.replace(/rate|amount|sent_at/, "CAST($& AS STRING)"))).not.toThrow();
    },
  );

  test.each([
    ["ordered_on - ordered_on", 19, "Write DATE_DIFF(ordered_on, ordered_on, DAY)."],
    ["sent_at - TIMESTAMP(ordered_on)", 16, "Write TIMESTAMP_DIFF(sent_at, TIMESTAMP(…), SECOND)."],
    ["local_at - ordered_on", 17, "Write DATETIME_DIFF(local_at, ordered_on, SECOND)."],
    ["ordered_on - MIN(ordered_on) OVER ()", 19, "DAY)"],
    [
      "DATE_ADD(ordered_on, INTERVAL -1 DAY) - ordered_on",
      46,
      "Write DATE_DIFF(DATE_ADD(…), ordered_on, DAY).",
    ],
    ["CURRENT_TIMESTAMP() - sent_at", 28, "Write TIMESTAMP_DIFF(CURRENT_TIMESTAMP(…), sent_at, SECOND)."],
    [
      "sent_at -- a - b\n - CURRENT_TIMESTAMP()",
      "2:2",
      "Write TIMESTAMP_DIFF(sent_at, CURRENT_TIMESTAMP(…), SECOND).",
    ],
  ])("%s, which gives an INTERVAL, at its sign", (text, place, hint) => {
    for (const engine of ["duckdb", "bigquery"] as const) {
      const at = typeof place === "number" ? `1:${place}` : place;
      expect(() => compiled(text, engine)).toThrow(
        new RegExp(
          `^query:${at} .* gives an INTERVAL, which tables here cannot hold \\[operator\\.date_minus_date\\]`,
        ),
      );
      expect(() => compiled(text, engine)).toThrow(hint);
    }
  });

  test.each([
    [
      "TIMESTAMP_ADD(sent_at, INTERVAL 1 MONTH)",
      "HOUR or DAY; for weeks, months and years DATE_ADD over DATE(ts).",
    ],
    [
      "TIMESTAMP_SUB(sent_at, INTERVAL 1 WEEK)",
      "HOUR or DAY; for weeks, months and years DATE_SUB over DATE(ts).",
    ],
    ["DATE_ADD(ordered_on, INTERVAL 1 HOUR)", "Use DAY, WEEK, MONTH, QUARTER or YEAR."],
  ])("%s, with the parts that there are", (text, hint) => {
    expect(() => compiled(text)).toThrow("[date.part]");
    expect(() => compiled(text)).toThrow(hint);
  });

  test("at the line and column of the mistake", () => {
    expect(() => compiled("SELECT order_id,\n  is_paid,\n  LENGTH(order_id) AS n\nFROM orders")).toThrow(
      /^query:3:3 /,
    );
    expect(() => compiled("SELECT order_id\nFROM orders\nWHERE is_paid AND order_id = 'x'")).toThrow(
      /^query:3:19 /,
    );
    expect(() => compiled("SELECT order_id FROM orders\nUNION ALL\nSELECT customer_ref FROM orders")).toThrow(
      /^query:3:8 /,
    );
  });
});

describe("left alone", () => {
  test.each([
    ["what BigQuery coerces", "order_id = rate AND amount > 1.5 AND ordered_on = local_at", "BOOL"],
    [
      "literals that it reads as days",
      "ordered_on >= '2026-01-01' OR sent_at < '2026-01-01 10:00:00'",
      "BOOL",
    ],
    ["NULL as any type", "COALESCE(NULL, CASE WHEN is_paid THEN NULL ELSE ordered_on END)", "DATE"],
    ["what CONCAT writes out", "CONCAT(customer_ref, order_id) || ordered_on", "STRING"],
    ["numbers of several types", "IF(is_paid, order_id, amount) + rate", "FLOAT64"],
    ["columns of a type that is not on the list", "odd = order_id AND LENGTH(odd) > 3", "BOOL"],
    ["columns that are nowhere declared", "nowhere.x + 1", "?"],
    ["arrays and their elements", "(SELECT MAX(LENGTH(tag)) FROM UNNEST(tags) AS tag)", "INT64"],
    ["a number of days taken off", "ordered_on - order_id", "DATE"],
    ["an INTERVAL taken off", "sent_at - INTERVAL 1 DAY", "TIMESTAMP"],
    ["fields", "item.pieces + 1", "INT64"],
    ["fields of JSON", "INT64(payload.a.b)", "INT64"],
    ["a query parameter", "order_id = @id AND customer_ref = @ref", "BOOL"],
    [
      "an alias that hides a column",
      "SELECT SUM(amount) AS customer_ref FROM orders HAVING customer_ref > 0",
      "NUMERIC",
    ],
    [
      "tables that are not known",
      "SELECT a + b AS x FROM elsewhere AS e JOIN orders AS o ON e.k = o.order_id",
      "?",
    ],
    [
      "a literal among the parts of a UNION",
      "SELECT ordered_on FROM orders UNION ALL SELECT '2026-01-01'",
      "DATE",
    ],
    [
      "the counter of a recursive query",
      "WITH RECURSIVE c AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM c WHERE n < 3) SELECT n FROM c",
      "?",
    ],
  ])("%s", (_, text, type) => {
    expect(compiled(text).types).toEqual([type]);
  });
});
