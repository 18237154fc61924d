import type { DuckDBConnection } from "@duckdb/node-api";
import { loadCompiler } from "@lifecycle/transform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canonicalRows, openDuckdb } from "./duckdb.ts";
import { type GoogleSql, startGoogleSql } from "./googlesql.ts";
import { random } from "./random-rows.ts";

/**
 * NUMERIC and rounding, digit by digit, on values that lie where the short ways of `number-macros.sql.ts` end: ties and their neighbours,
 * powers of two, the bounds of 64 bits, of a DOUBLE's whole numbers and of NUMERIC. Every answer is compared as text.
 */
const VALUES = 400;
const { compileQuery } = await loadCompiler();
const engine = await startGoogleSql();
const unavailable = "unavailable" in engine ? engine.unavailable : undefined;
const google = engine as GoogleSql;
let duckdb: DuckDBConnection;

beforeAll(async () => {
  duckdb = await openDuckdb();
});
afterAll(async () => {
  duckdb.closeSync();
  if (unavailable === undefined) await google.close();
});

type Random = () => number;
const pick = <T>(from: readonly T[], next: Random): T => from[Math.floor(next() * from.length)]!;

/** The double that lies `steps` places from `value`. */
function neighbour(value: number, steps: number): number {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  view.setBigInt64(0, view.getBigInt64(0) + BigInt(steps));
  return view.getFloat64(0);
}

const edges = [
  0,
  -0,
  5e-324,
  2.2250738585072014e-308,
  5e-10,
  1.5e-9,
  0.0009765625,
  0.5,
  1,
  2 ** 51 / 1e9,
  2 ** 52 / 1e9,
  2 ** 53 / 1e9,
  4e6,
  999999999,
  1e9,
  2 ** 31,
  2 ** 53,
  2 ** 63,
  2 ** 64,
  1e18,
  1e19,
  1e20,
  1e28,
  1e29,
  1e30,
  1e300,
];

function float(next: Random): number {
  const whole = Math.floor(next() * 10 ** Math.floor(next() * 16));
  const base = [
    () => pick(edges, next),
    // a half of the last place that is kept, of NUMERIC or of ROUND
    () => whole + (Math.floor(next() * 1e9) + 0.5) / 1e9,
    () => (Math.floor(next() * 10 ** Math.ceil(next() * 15)) + 0.5) / 10 ** Math.floor(next() * 10),
    // a tie that a double holds
    () => whole + (2 * Math.floor(next() * 512) + 1) / 1024,
    () => Math.round(next() * 1e8) / 10 ** Math.floor(next() * 9),
    () => next() * 10 ** (next() * 60 - 30),
  ];
  const value = neighbour(pick(base, next)(), pick([0, 0, 0, 1, -1, 2, -3], next));
  return next() < 0.3 ? -value : value;
}

/** Digits of a NUMERIC. */
function numeric(next: Random): string {
  const digits = (most: number) => {
    const count = Math.floor(next() * (most + 1));
    return Array.from({ length: count }, () => pick("0001234555678999".split(""), next)).join("");
  };
  const whole = digits(pick([0, 1, 3, 6, 9, 10, 13, 18, 20, 29], next));
  const sign = next() < 0.3 ? "-" : "";
  const text = `${sign}${whole || "0"}.${digits(pick([0, 0, 1, 2, 4, 5, 9], next))}0`;
  return pick(
    [
      text,
      text,
      text,
      `${sign}999999999.999999999`,
      `${sign}0.000000001`,
      `${sign}1000000000`,
      `${sign}99999999999999999999999999999.999999999`,
    ],
    next,
  );
}

const places = [0, 1, 2, 3, 5, 8, 9, 12, 15, 20, -1, -3];
const ofFloat = [
  "SAFE_CAST(x AS NUMERIC)",
  "SAFE_CAST(x * 0.001 AS NUMERIC)",
  "SAFE_CAST(ROUND(x, 3) AS NUMERIC)",
  "SAFE_CAST(IF(ABS(x) < 1e28, x, 0.0) AS NUMERIC)",
  "CAST(IF(ABS(x) < 1e28, x, 0.0) AS NUMERIC)",
  ...places.map((n) => `ROUND(x, ${n})`),
];
const ofNumeric = [
  "SAFE_MULTIPLY(a, b)",
  "IF(ABS(CAST(a AS FLOAT64) * CAST(b AS FLOAT64)) < 9e28, a, 0) * b",
  "IF(ABS(CAST(a AS FLOAT64)) < 5e9, a, 0) * IF(ABS(CAST(b AS FLOAT64)) < 5e9, b, 0) * 1.19",
  "SAFE_DIVIDE(IF(ABS(SAFE_DIVIDE(CAST(a AS FLOAT64), CAST(b AS FLOAT64))) < 9e28, a, 0), IF(ABS(b) < NUMERIC '99999999999999999999', b, 1))",
  "SAFE_DIVIDE(IF(ABS(a) < 99999999999, a, 0), 7)",
  ...[0, 2, -1].map((n) => `ROUND(IF(ABS(CAST(a AS FLOAT64)) < 9e28, a, 0), ${n})`),
  "TRUNC(a, 2)",
  "TRUNC(a)",
  "CEIL(IF(ABS(CAST(a AS FLOAT64)) < 9e28, a, 0))",
  "FLOOR(IF(ABS(CAST(a AS FLOAT64)) < 9e28, a, 0))",
  "ROUND(IF(ABS(CAST(a AS FLOAT64)) < 9e28, a, 0))",
];

const texts = (values: readonly string[]): string => `[${values.map((text) => `'${text}'`).join(", ")}]`;

/** What differs: the expression, the row's values, both answers. */
async function differences(
  sources: string,
  expressions: readonly string[],
  width: number,
): Promise<string[]> {
  const sql = `SELECT ${expressions.map((one, index) => `CAST(${one} AS STRING) AS c${index}`).join(", ")} FROM (${sources}) AS v ORDER BY i`;
  const theirs = (await google.query(sql)).rows;
  const ours = await canonicalRows(duckdb, compileQuery(sql, { engine: "duckdb", dataset: "ds" }).sql);
  const inputs = (await google.query(`${sources} ORDER BY i`)).rows;
  return theirs.flatMap((row, index) =>
    row.flatMap((cell, column) =>
      cell === ours[index]![column]
        ? []
        : [
            `${expressions[column]} of ${inputs[index]!.slice(-width).join(", ")}: BigQuery ${cell}, DuckDB ${ours[index]![column]}`,
          ],
    ),
  );
}

test.skipIf(unavailable !== undefined).each([1])(
  "FLOAT64 to NUMERIC, and rounded (seed %i)",
  async (seed) => {
    const next = random(seed);
    const values = Array.from({ length: VALUES }, () => String(float(next))).map((text) =>
      text.replace("Infinity", "inf"),
    );
    const all = [...values, "nan", "inf", "-inf", "-0.0"];
    const rows = `SELECT i, s, CAST(s AS FLOAT64) AS x FROM UNNEST(${texts(all)}) AS s WITH OFFSET AS i`;
    expect(await differences(rows, ofFloat, 2)).toEqual([]);
  },
);

test.skipIf(unavailable !== undefined).each([1])(
  "products, quotients and rounding of NUMERIC (seed %i)",
  async (seed) => {
    const next = random(1000 + seed);
    const pairs = Array.from({ length: VALUES }, () => `${numeric(next)} ${numeric(next)}`);
    const rows = `SELECT i, CAST(SPLIT(s, ' ')[OFFSET(0)] AS NUMERIC) AS a, CAST(SPLIT(s, ' ')[OFFSET(1)] AS NUMERIC) AS b FROM UNNEST(${texts(pairs)}) AS s WITH OFFSET AS i`;
    expect(await differences(rows, ofNumeric, 2)).toEqual([]);
  },
);

if (unavailable !== undefined) test.skip(`Google's engine: ${unavailable}`, () => undefined);
