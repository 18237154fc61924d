import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode } from "@lifecycle/contracts";
import {
  Budget,
  type CompiledProject,
  loadCompiler,
  type ModelOutcome,
  type RunOptions,
  runModels,
} from "@lifecycle/transform";
import type { Warehouse } from "@lifecycle/warehouse";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { BigqueryServer } from "../../fakes/bigquery-server.ts";
import { connectTo, startFake } from "../warehouse-support/drivers.ts";

const { compileProject, loadProject } = await loadCompiler();
const TEN_MEGABYTES = 10 * 1_048_576;

/** A model kept by day: the days that its input has now replace those it had. */
const day = (name: string, above: string) =>
  `{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by={'field': 'day', 'data_type': 'date'}) }}
select a.day, count(*) as ${name} from {{ ref('${above}') }} as a {% if is_incremental() %}where a.n > 3{% endif %} group by a.day`;
/** Three levels. Tested against left, middle waits for it. */
const files = {
  "left.sql":
    "{{ config(materialized='table') }} select n, date_add(date '2026-01-01', interval n day) as day from unnest(generate_array(1, 4)) as n",
  "middle.sql": "{{ config(materialized='table') }} select n from unnest([1, 2]) as n",
  "right.sql":
    "{{ config(materialized='table') }} select n, date_add(date '2026-02-01', interval n day) as day from unnest(generate_array(1, 3)) as n",
  "left_day.sql": day("lefts", "left"),
  "right_day.sql": day("rights", "right"),
  "top.sql":
    "{{ config(materialized='table') }} select l.day, l.lefts from {{ ref('left_day') }} as l union all select r.day, r.rights from {{ ref('right_day') }} as r",
  "tests.yml": `
models:
  - name: middle
    columns: [{ name: n, data_tests: [not_null, { relationships: { to: ref('left'), field: n } }] }]
  - { name: top, columns: [{ name: day, data_tests: [unique, not_null] }] }
`,
};
const NAMES = ["left", "left_day", "middle", "right", "right_day", "top"];

let folder: string;
let server: BigqueryServer;
let warehouse: Warehouse;
let project: CompiledProject;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "lifecycle-parallel-"));
  server = await startFake();
  warehouse = await connectTo(server);
  await warehouse.bootstrap();
  project = await compile(files);
});
afterEach(async () => {
  await warehouse.close();
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

async function compile(tree: Readonly<Record<string, string>>): Promise<CompiledProject> {
  for (const [name, text] of Object.entries(tree)) writeFileSync(join(folder, name), text);
  return compileProject(await loadProject({ sqlDir: folder }), { engine: "bigquery", dataset: "lifecycle" });
}

const run = (more: Partial<RunOptions> = {}) =>
  runModels(project, { warehouse, select: NAMES, runId: "r1", onFailure: "report", ...more });

/** Jobs that build a table, by the model. */
const builds = () =>
  [...server.jobs.values()].filter(({ id }) => id.startsWith("transform__") && id.includes("__build__"));
const until = (holds: () => void) => vi.waitFor(holds, { timeout: 60_000 });
const modelOf = (id: string) => id.split("__")[2]!;
const held = () => [...server.jobs.values()].filter((job) => job.held).map(({ id }) => modelOf(id));
/** The most jobs that the fake had at work together. */
const mostAtOnce = () => Math.max(...[...server.jobs.values()].map(({ beside }) => beside.length + 1));
const told = (outcomes: readonly ModelOutcome[]) => outcomes.map(({ ms: _, ...rest }) => rest);

async function tables(): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  for (const name of NAMES) {
    const { rows } = await warehouse.query(`SELECT * FROM lifecycle_build.${name}`);
    found[name] = rows.map((row) => JSON.stringify(row)).toSorted();
  }
  return found;
}

describe("models on BigQuery", () => {
  test("of one level are at work together, each as soon as what it reads is done", async () => {
    server.fail({ job: /^transform__/, times: 3, does: "hold-job" });
    const seen: string[] = [];
    const running = run({ onModel: ({ name }) => seen.push(name) });
    await until(() => expect(held().toSorted()).toEqual(["left", "right"]));
    server.release();
    await until(() => expect(held().length).toBe(1));
    server.release();
    const outcomes = await running;
    expect(outcomes.map(({ name, status }) => `${name} ${status}`)).toEqual(
      NAMES.map((name) => `${name} built`),
    );
    expect(seen.toSorted()).toEqual(NAMES);
    expect(seen.indexOf("left_day")).toBeGreaterThan(seen.indexOf("left"));
    expect(seen.at(-1)).toBe("top");
    const [left, right] = ["left", "right"].map((name) => builds().find(({ id }) => modelOf(id) === name)!);
    expect([...left!.beside, ...right!.beside].toSorted()).toEqual([
      expect.stringMatching(/__(left|right)__/),
    ]);
  });

  test("give what they give one after another", async () => {
    const parallel = { outcomes: told(await run()), tables: await tables() };
    expect(mostAtOnce()).toBeGreaterThan(1);
    await server.close();
    server = await startFake();
    warehouse = await connectTo(server);
    await warehouse.bootstrap();
    const single = { outcomes: told(await run({ atOnce: 1 })), tables: await tables() };
    expect(mostAtOnce()).toBe(1);
    expect(single).toEqual(parallel);
  });

  test("write their days into one ledger together", async () => {
    await run();
    project = await compile({
      "left.sql": files["left.sql"].replace("(1, 4)", "(1, 5)"),
      "right.sql": files["right.sql"].replace("(1, 3)", "(1, 5)"),
    });
    const changing = /__part__(left|right)_day__t[0-9a-z]+__[0-9a-f]{12}$/;
    server.fail({ job: changing, times: 2, does: "hold-job" });
    const running = run({ runId: "r2" });
    await until(() => expect(held().toSorted()).toEqual(["left_day", "right_day"]));
    server.release();
    expect((await running).map(({ action }) => action)).toEqual([
      "whole",
      "merge",
      "test",
      "whole",
      "merge",
      "whole",
    ]);
    const parts = [...server.jobs.values()].filter(({ id }) => changing.test(id));
    expect(parts.map(({ error }) => error)).toEqual([undefined, undefined]);
    expect(parts.flatMap(({ beside }) => beside).length).toBe(1);
    const days = async (name: string) => warehouse.builds.partitionsSince(name, 0);
    expect(await days("left_day")).toEqual([
      "2026-01-02",
      "2026-01-03",
      "2026-01-04",
      "2026-01-05",
      "2026-01-06",
    ]);
    expect(await days("right_day")).toEqual([
      "2026-02-02",
      "2026-02-03",
      "2026-02-04",
      "2026-02-05",
      "2026-02-06",
    ]);
  });
});

test("a check is asked when all that it reads is done, not only what its own model reads", async () => {
  mkdirSync(join(folder, "checks"));
  project = await compile({
    "checks/alike.sql":
      "select l.n from {{ ref('left') }} as l join {{ ref('right') }} as r on r.n = l.n where r.n > 2",
    "unasked.sql": "{{ config(materialized='table') }} select 1 as n",
  });
  server.fail({ job: /^transform__r1__left__/, times: 1, does: "hold-job" });
  const seen: string[] = [];
  const running = run({ select: ["left", "right", "unasked"], onModel: ({ name }) => seen.push(name) });
  await until(() => expect([held(), seen]).toEqual([["left"], ["unasked"]]));
  server.release();
  expect((await running).map(({ name, status, tests }) => [name, status, tests.length])).toEqual([
    ["left", "built", 0],
    ["right", "failed", 1],
    ["unasked", "built", 0],
  ]);
});

describe("a model that fails", () => {
  test("stops what depends on it and nothing beside it", async () => {
    project = await compile({
      "right.yml":
        "models: [{ name: right, columns: [{ name: n, data_tests: [{ accepted_values: { values: [1] } }] }] }]",
    });
    const outcomes = await run();
    expect(outcomes.map(({ name, status }) => `${name} ${status}`)).toEqual([
      "left built",
      "left_day built",
      "middle built",
      "right failed",
      "right_day blocked",
      "top blocked",
    ]);
  });

  test("for a reason that may pass lets the others finish, begins no more, and is thrown then", async () => {
    const error = { status: 200, reason: "backendError" };
    server.fail({ job: /^transform__r1__left__/, times: 3, does: "fail-job", error });
    server.fail({ job: /^transform__r1__right__/, times: 1, does: "hold-job" });
    const failed = run().then(() => "done", errorCode);
    await until(() => {
      expect(held()).toEqual(["right"]);
      expect(builds().filter(({ id, state }) => modelOf(id) === "left" && state === "DONE").length).toBe(3);
    });
    server.release();
    expect(await failed).toBe("warehouse.job_failed");
    expect([...server.jobs.values()].filter(({ state }) => state !== "DONE")).toEqual([]);
    // What was at work is whole: built and tested. Nothing else was begun.
    expect(
      (await warehouse.builds.list()).map(({ table, auditedAs }) => [table, auditedAs !== undefined]),
    ).toEqual([["right", true]]);
    expect((await run()).every(({ status }) => status === "built" || status === "unchanged")).toBe(true);
  });

  test("told to stop, it finishes what is at work and begins no more", async () => {
    const stop = new AbortController();
    server.fail({ job: /^transform__/, times: 2, does: "hold-job" });
    const stopped = run({ signal: stop.signal }).then(
      () => "done",
      (error: Error) => error.message,
    );
    await until(() => expect(held().length).toBe(2));
    stop.abort(new Error("shutdown"));
    server.release();
    expect(await stopped).toBe("shutdown");
    expect([...server.jobs.values()].filter(({ state }) => state !== "DONE")).toEqual([]);
    expect(new Set(builds().map(({ id }) => modelOf(id)))).toEqual(new Set(["left", "right"]));
    const outcomes = await run();
    expect(outcomes.every(({ status }) => status === "built" || status === "unchanged")).toBe(true);
  });
});

describe("what a run may be billed", () => {
  const billed = () =>
    [...server.jobs.values()]
      .filter(({ id }) => !id.startsWith("compact"))
      .reduce((sum, job) => {
        const { totalBytesBilled = 0 } = (job.statistics.query ?? {}) as { totalBytesBilled?: string };
        return sum + Number(totalBytesBilled);
      }, 0);

  /** Eight models that each read one table: ten megabytes a build. */
  beforeEach(async () => {
    const readers = Array.from({ length: 8 }, (_, i) => [
      `reader_${i}.sql`,
      "{{ config(materialized='table') }} select l.n from {{ ref('left') }} as l",
    ]);
    project = await compile(Object.fromEntries(readers));
    await run({ select: ["left"] });
  });
  const select = Array.from({ length: 8 }, (_, i) => `reader_${i}`);

  test("is not passed by jobs at work together", async () => {
    const before = billed();
    const budget = new Budget(5 * TEN_MEGABYTES);
    const outcomes = await run({ select, budget });
    const codes = outcomes.map(({ status, error }) => error?.code ?? status);
    expect(codes.filter((code) => code === "built").length).toBe(5);
    expect(codes.filter((code) => code === "warehouse.cost_capped").length).toBe(3);
    expect([billed() - before, budget.spentBytes]).toEqual([5 * TEN_MEGABYTES, 5 * TEN_MEGABYTES]);
  });

  test("does not keep them from working together while there is enough", async () => {
    server.fail({ job: /^transform__r1__reader/, times: 8, does: "hold-job" });
    const budget = new Budget(8 * TEN_MEGABYTES);
    const running = run({ select, budget });
    await until(() => expect(held().length).toBe(8));
    server.release();
    expect((await running).map(({ status }) => status)).toEqual(select.map(() => "built"));
    expect(budget.spentBytes).toBe(8 * TEN_MEGABYTES);
  });
});
