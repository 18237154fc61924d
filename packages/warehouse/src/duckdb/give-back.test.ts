import type { DuckDBConnection } from "@duckdb/node-api";
import { expect, test } from "vitest";
import { createGiveBack } from "./give-back.ts";

test("memory is given back once the process has grown, and not before", async () => {
  const ran: string[] = [];
  const connection = { run: async (sql: string) => void ran.push(sql) } as unknown as DuckDBConnection;
  const giveBack = createGiveBack("160MB");
  await giveBack(connection);
  expect(ran).toEqual([]);
  const held = Buffer.alloc(96 * 2 ** 20, 1);
  await giveBack(connection);
  expect(ran).toEqual(["SET GLOBAL memory_limit='160MB'"]);
  await giveBack(connection);
  expect(ran).toHaveLength(1);
  expect(held.length).toBeGreaterThan(0);
});

test("a connection that is being closed keeps its memory and its answer", async () => {
  const closed = { run: async () => Promise.reject(new Error("closed")) } as unknown as DuckDBConnection;
  const giveBack = createGiveBack("160MB");
  const held = Buffer.alloc(96 * 2 ** 20, 1);
  await expect(giveBack(closed)).resolves.toBeUndefined();
  expect(held.length).toBeGreaterThan(0);
});
