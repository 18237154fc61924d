import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { DuckDBInstance } from "@duckdb/node-api";
import { Redis } from "ioredis";
import { inject } from "vitest";
import type { Installation } from "./installation.ts";

/** The rows of every landed file of a raw table. */
export async function landedRows(at: Installation, table: string): Promise<Record<string, unknown>[]> {
  const files = (await allFiles(join(at.home, "data/landing"))).filter((path) => path.includes(`${table}.`));
  const texts = await Promise.all(files.map(content));
  return texts.flatMap((text) =>
    text
      .toString()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  );
}

export async function allFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** What a file holds, unpacked. */
export async function content(path: string): Promise<Buffer> {
  const bytes = await readFile(path);
  return path.endsWith(".gz") ? gunzipSync(bytes) : bytes;
}

/** The rows of every table of the warehouse and of every Parquet file: there, text lies packed. */
export async function tableContents(files: readonly string[]): Promise<{ name: string; text: string }[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  const rowsOf = async (sql: string) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
  const textOf = async (name: string, from: string) => ({
    name,
    text: JSON.stringify(await rowsOf(`from ${from}`)),
  });
  try {
    await connection.run(`attach '${files.find((path) => path.endsWith(".duckdb"))}' as w (read_only)`);
    const names = await rowsOf(
      "select schema_name as s, table_name as t from duckdb_tables() where database_name = 'w'",
    );
    const contents = [];
    for (const { s, t } of names) contents.push(await textOf(String(t), `w."${s}"."${t}"`));
    for (const path of files.filter((each) => each.endsWith(".parquet")))
      contents.push(await textOf(path, `read_parquet('${path}')`));
    return contents;
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Everything Redis holds, as text. */
export async function redisContent(): Promise<Buffer> {
  const redis = new Redis(inject("redisUrl"));
  try {
    const parts: unknown[] = [];
    for (const key of await redis.keys("*")) {
      const type = await redis.type(key);
      if (type === "string") parts.push(await redis.get(key));
      if (type === "hash") parts.push(await redis.hgetall(key));
      if (type === "stream") parts.push(await redis.xrange(key, "-", "+"));
      parts.push(key);
    }
    if (parts.length === 0) throw new Error("Redis is empty");
    return Buffer.from(JSON.stringify(parts));
  } finally {
    redis.disconnect();
  }
}

export function needleIn(haystack: Buffer, needles: readonly string[]): string | undefined {
  return needles.find((needle) => haystack.includes(needle));
}
