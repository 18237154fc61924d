import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { loadCompiler } from "@lifecycle/transform";
import { afterAll, beforeAll, expect, test } from "vitest";
import { canonicalRows, openDuckdb } from "./duckdb.ts";
import { type GoogleSql, startGoogleSql } from "./googlesql.ts";

/**
 * Every line of `constructs/*.txt` is run by Google's own engine and, rewritten, by DuckDB. Without a mark both give the same
 * rows and types, or both raise. Marks, each checked too:
 *   `!rule sql`  refused when compiling, by that rule
 *   `> sql`      DuckDB raises where BigQuery answers (stricter, never silent)
 *   `< sql`      BigQuery raises, by a type error or an overflow, where DuckDB answers
 *   `? sql`      newer than Google's snapshot of 2023: only run on DuckDB
 *   `≠ sql`      a known difference, told in packages/transform/README.md
 * `TABLE name: SELECT …` makes a table on both.
 */
const folder = join(import.meta.dirname, "constructs");
const { compileQuery } = await loadCompiler();
const engine = await startGoogleSql();
const unavailable = "unavailable" in engine ? engine.unavailable : undefined;
const google = engine as GoogleSql;
let duckdb: DuckDBConnection;

beforeAll(async () => {
  duckdb = await openDuckdb();
  await duckdb.run("CREATE SCHEMA ds");
});
afterAll(async () => {
  duckdb.closeSync();
  if (unavailable === undefined) await google.close();
});

const compiled = (sql: string): string => compileQuery(sql, { engine: "duckdb", dataset: "ds" }).sql;
/** GoogleSQL knows the fixture tables only by their quoted dotted names. */
const forGoogle = (sql: string): string => sql.replace(/\bds\.(\w+)/g, "`ds.$1`");

interface Verdict {
  google: string;
  duckdb: string;
}

async function verdict(sql: string): Promise<Verdict> {
  const text = (work: Promise<unknown[][]>) =>
    work.then(
      (rows) => JSON.stringify(rows),
      (error: Error) => `raises: ${error.message.split("\n")[0]}`,
    );
  return {
    google: await text(google.query(forGoogle(sql)).then(({ rows }) => rows)),
    duckdb: await text(rewritten(sql)),
  };
}

async function rewritten(sql: string): Promise<unknown[][]> {
  return canonicalRows(duckdb, compiled(sql));
}

/** What is wrong with a line, or undefined. */
async function complaint(line: string): Promise<string | undefined> {
  const table = /^TABLE (\S+): (.*)$/.exec(line);
  if (table) {
    await google.addTable({ name: table[1]!, select: table[2]! });
    await duckdb.run(`CREATE OR REPLACE TABLE ${table[1]} AS ${compiled(table[2]!)}`);
    return undefined;
  }
  const refused = /^!(\S+) (.*)$/.exec(line);
  if (refused) return refusal(refused[1]!, query(refused[2]!));
  const mark = /^[<>?≠] /.exec(line)?.[0].trim();
  const sql = query(mark ? line.slice(2) : line);
  const { google: theirs, duckdb: ours } = await verdict(sql);
  const raises = (text: string) => text.startsWith("raises:");
  const same = theirs === ours || (raises(theirs) && raises(ours));
  const right = {
    none: same && !/\[transform\.|\[[a-z_]+\.[a-z_]+\]/.test(ours),
    "<": raises(theirs) && !raises(ours),
    ">": !raises(theirs) && raises(ours),
    "?": raises(theirs) && !raises(ours),
    "≠": !raises(theirs) && !raises(ours) && theirs !== ours,
  }[mark ?? "none"];
  return right ? undefined : `${line}\n    BigQuery: ${theirs}\n    DuckDB:   ${ours}`;
}

function query(text: string): string {
  return /^(SELECT|WITH)\b/i.test(text) ? text : `SELECT ${text} AS x`;
}

function refusal(rule: string, sql: string): string | undefined {
  try {
    compiled(sql);
    return `${sql}\n    expected the refusal ${rule}`;
  } catch (error) {
    const message = (error as Error).message;
    return message.includes(`[${rule}]`)
      ? undefined
      : `${sql}\n    expected the refusal ${rule}, got ${message}`;
  }
}

for (const file of readdirSync(folder).sort()) {
  const lines = readFileSync(join(folder, file), "utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
  test.skipIf(unavailable !== undefined)(
    `${file}: ${lines.length} constructs as Google's engine has them`,
    async () => {
      const complaints: string[] = [];
      for (const line of lines) {
        const said = await complaint(line);
        if (said !== undefined) complaints.push(said);
      }
      expect(complaints).toEqual([]);
    },
  );
}

if (unavailable !== undefined) test.skip(`Google's engine: ${unavailable}`, () => undefined);
