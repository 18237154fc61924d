import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { errorCode, InputError } from "@lifecycle/contracts";
import { compileInProcess, compileQueryInProcess } from "@lifecycle/transform";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lifecycle-compile-test-"));
  mkdirSync(join(folder, "sql"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const model = (text: string): void => writeFileSync(join(folder, "sql", "a.sql"), text);
const compile = (extra: object = {}) =>
  compileInProcess({
    sqlDir: join(folder, "sql"),
    engine: "duckdb",
    dataset: "ds",
    cacheDir: join(folder, "cache"),
    ...extra,
  });

test("compiles in a child and remembers by content", async () => {
  model("select {{ var('n', 1) }} as x");
  const first = await compile();
  expect(first.models[0]).toMatchObject({ name: "a", columns: [{ name: "x" }] });
  const [entry] = readdirSync(join(folder, "cache"));
  // An answer put into the cache comes back: no child was asked.
  writeFileSync(join(folder, "cache", entry!), JSON.stringify({ ...first, dataset: "from the cache" }));
  expect((await compile()).dataset).toBe("from the cache");
  model("select {{ var('n', 2) }} as x");
  expect((await compile()).dataset).toBe("ds");
  expect((await compile({ vars: { n: 5 } })).dataset).toBe("ds");
  expect((await compile({ engine: "bigquery" })).models[0]!.sql).toBe("select 2 as x");
  expect(readdirSync(join(folder, "cache"))).toHaveLength(4);
});

test("an author's mistake crosses the process as it was", async () => {
  model("select farm_fingerprint('x') as x");
  const error = await compile().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(InputError);
  expect(errorCode(error)).toBe("transform.compile");
  // With the line, the caret and what to write instead.
  expect((error as Error).message).toMatch(
    /a\.sql:1:8 .*function\.refused.*\n {4}select farm_fingerprint.*\n {11}\^\n {4}.*MD5/,
  );
});

test("compiles a person's query", async () => {
  const { sql } = await compileQueryInProcess("SELECT day, sends FROM agg_campaign_daily", {
    engine: "duckdb",
    dataset: "ds",
  });
  expect(sql).toContain('"ds"."agg_campaign_daily"');
  const other = await compileQueryInProcess("SELECT id FROM raw_campaign", {
    engine: "duckdb",
    dataset: "ds",
  });
  expect(other.sql).toContain('"ds_raw"."raw_campaign"');
  await expect(
    compileQueryInProcess("DELETE FROM t WHERE TRUE", { engine: "duckdb", dataset: "ds" }),
  ).rejects.toThrow(/query:1:1 .*\[statement\.not_select\]/);
});

test("stops with its signal", async () => {
  model("select 1 as x");
  const stop = new AbortController();
  const compiling = compile({ signal: stop.signal });
  stop.abort(new Error("shutdown"));
  await expect(compiling).rejects.toThrow("shutdown");
});

test("the package's door does not load the parser", async () => {
  const script = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ resolve: (specifier, context, next) => { const found = next(specifier, context); loaded.push(found.url); return found; } });
    await import("@lifecycle/transform");
    console.log(JSON.stringify([loaded.length > 3, loaded.filter((url) => /polyglot|duckdb|google/.test(url))]));
  `;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
    cwd: import.meta.dirname,
  });
  expect(JSON.parse(stdout)).toEqual([true, []]);
});
