import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode } from "@lifecycle/contracts";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Session } from "../session.ts";
import { checkedTree } from "./checked-tree.ts";

let home: string;
beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "tree-"));
  mkdirSync(join(home, "sql"));
  writeFileSync(
    join(home, "sql/sources.yml"),
    "version: 2\nsources:\n  - name: raw\n    tables:\n      - name: raw_orders\n        columns: [{ name: revenue, data_type: NUMERIC }]\n",
  );
});
afterAll(() => rmSync(home, { recursive: true }));

async function check(sql: string): Promise<{ said: string; worked: boolean }> {
  writeFileSync(join(home, "sql/stg_orders.sql"), sql);
  let worked = false;
  const session = {
    settings: {
      home,
      sql: { path: join(home, "sql") },
      transform: { vars: {} },
      warehouse: { engine: "duckdb", dataset: "lifecycle", bigquery: {} },
    },
    shutdown: { signal: new AbortController().signal },
  } as unknown as Session;
  const said = await checkedTree(session, () => {
    worked = true;
  }).then(
    ({ models }) => models.map(({ name }) => name).join(),
    (error: unknown) => `${errorCode(error)} ${(error as Error).message}`,
  );
  return { said, worked };
}

const good = "{{ config(materialized='table') }}\nselect revenue from {{ source('raw', 'raw_orders') }}\n";

it("a tree is checked until it has passed, and again when a text changes", async () => {
  const bad = await check(good.replace("revenue", "revenu"));
  expect(bad.said).toMatch(/^transform\.check .*stg_orders\.sql:2:8 .*revenu/s);
  expect(bad.said).toContain("Did you mean revenue?");
  expect(await check(good)).toEqual({ said: "stg_orders", worked: true });
  expect(await check(good)).toEqual({ said: "stg_orders", worked: false });
  expect((await check(good.replace("select", "selec"))).said).toMatch(
    /^transform\.compile .*stg_orders\.sql:2:/s,
  );
});
