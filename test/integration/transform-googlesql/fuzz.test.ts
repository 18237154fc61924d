import type { DuckDBConnection } from "@duckdb/node-api";
import { loadCompiler } from "@lifecycle/transform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canonicalRows, openDuckdb } from "./duckdb.ts";
import { type GoogleSql, startGoogleSql } from "./googlesql.ts";
import { fuzzTable, randomExpression, types } from "./random-expression.ts";
import { random } from "./random-rows.ts";

const EXPRESSIONS = 120;
const { compileQuery } = await loadCompiler();
const engine = await startGoogleSql();
const unavailable = "unavailable" in engine ? engine.unavailable : undefined;
const google = engine as GoogleSql;
let duckdb: DuckDBConnection;

const compiled = (sql: string): string => compileQuery(sql, { engine: "duckdb", dataset: "ds" }).sql;

beforeAll(async () => {
  duckdb = await openDuckdb();
  await duckdb.run("CREATE SCHEMA ds");
  await duckdb.run(`CREATE TABLE ds.z AS ${compiled(fuzzTable)}`);
  if (unavailable === undefined) await google.addTable({ name: "ds.z", select: fuzzTable });
});
afterAll(async () => {
  duckdb.closeSync();
  if (unavailable === undefined) await google.close();
});

/** The two answers, when they differ. An error on both sides is agreement. */
async function difference(expression: string): Promise<string | undefined> {
  const sql = `SELECT ${expression} AS x FROM ds.z AS z ORDER BY i, j, s`;
  const said = (work: Promise<unknown[][]>) =>
    work.then(
      (rows) => ({ text: JSON.stringify(rows), failed: false }),
      (error: Error) => ({ text: error.message.split("\n")[0]!, failed: true }),
    );
  const theirs = await said(google.query(sql.replace("ds.z", "`ds.z`")).then(({ rows }) => rows));
  const ours = await said(canonicalRows(duckdb, compiled(sql)));
  if (theirs.failed && ours.failed) return undefined;
  return theirs.text === ours.text
    ? undefined
    : `${expression}\n    BigQuery: ${theirs.text}\n    DuckDB:   ${ours.text}`;
}

test.skipIf(unavailable !== undefined).each([11, 12, 13, 14])(
  `${EXPRESSIONS} random expressions mean the same on both engines (seed %i)`,
  async (seed) => {
    const next = random(seed);
    const differences: string[] = [];
    for (let index = 0; index < EXPRESSIONS; index++) {
      const expression = randomExpression(types[index % types.length]!, 1 + (index % 4), next);
      const found = await difference(expression);
      if (found !== undefined) differences.push(found);
    }
    expect(differences).toEqual([]);
  },
);

test.skipIf(unavailable !== undefined)("the comparison sees a macro that is wrong", async () => {
  expect(await difference("LEFT(s, 2)")).toBeUndefined();
  await duckdb.run("CREATE OR REPLACE MACRO bq_left(s, n) AS substr(s, 2, n)");
  expect(await difference("LEFT(s, 2)")).toContain("BigQuery");
});

if (unavailable !== undefined) test.skip(`Google's engine: ${unavailable}`, () => undefined);
