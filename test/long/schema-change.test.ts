import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Fleet, type Installation, install } from "../e2e/support/installation.ts";
import { writeEvents } from "../e2e/support/small-files.ts";

/** `agg_busy` is made by the overlay, `agg_busy_top` from it through a step nobody publishes, `agg_apart` beside them. */
const tree = (busy: string, top = "event_type") => ({
  "agg_busy.sql": `{{ config(materialized='table') }}
select t.workspace, t.event_type, ${busy} from {{ ref('agg_event_type') }} as t\n`,
  "int_busy.sql": `{{ config(materialized='table') }}
select b.workspace, b.${top} as top from {{ ref('agg_busy') }} as b\n`,
  "agg_busy_top.sql": `{{ config(materialized='table') }}
select i.workspace, max(i.top) as top from {{ ref('int_busy') }} as i group by i.workspace\n`,
  "agg_apart.sql": `{{ config(materialized='table') }}
select t.workspace, count(*) as types, '${busy.replaceAll("'", "")}' as said from {{ ref('agg_event_type') }} as t group by t.workspace\n`,
});
const published = (name: string, ...columns: string[]) =>
  `  - name: ${name}\n    config: { meta: { published: true, owner: us } }\n    columns:\n${columns
    .map((column) => `      - { name: ${column.split(" ")[0]}, data_type: ${column.split(" ")[1]} }\n`)
    .join("")}`;
const yaml = (...busy: string[]) =>
  `version: 2\nmodels:\n${published("agg_busy", "workspace STRING", "event_type STRING", ...busy)}${published(
    "agg_busy_top",
    "workspace STRING",
    "top STRING",
  )}${published("agg_apart", "workspace STRING", "types INT64", "said STRING")}`;

describe("a published table whose columns change", () => {
  let at: Installation;
  let fleet: Fleet;
  let events: string;

  const overlay = async (busy: string, ...columns: string[]) => {
    const folder = join(at.home, "ours/marts");
    await mkdir(folder, { recursive: true });
    for (const [name, text] of Object.entries(tree(busy))) await writeFile(join(folder, name), text);
    await writeFile(join(folder, "ours.yml"), yaml(...columns));
  };
  const columnsOf = async (table: string) =>
    (await at.query(`select column_name, column_type from (describe ${table})`)).map(
      ({ column_name, column_type }) => `${column_name} ${column_type}`,
    );
  const changes = async () =>
    (
      await at.query(
        `select table_name, column_name, change, old_type, new_type, policy, outcome from ops_schema_change order by changed_at desc, column_name`,
      )
    ).map((row) => Object.values(row).join(" ").trim());
  /** What `agg_apart` says it was built beside: whether a run published anything. */
  const apart = async () => (await at.query("select said from agg_apart"))[0]?.said;
  const restart = async (policy: string) => {
    await fleet.stop();
    at.env.LIFECYCLE__TRANSFORM__SCHEMA_CHANGES = policy;
    fleet = await at.fleet("--workers", "1");
  };
  const said = async (code: number, ...args: string[]) => {
    const { stdout, stderr, ...rest } = await at.cli("models", ...args);
    expect(rest, `${stdout}${stderr}`).toEqual({ code });
    return `${stdout}${stderr}`;
  };

  beforeAll(async () => {
    at = await install(inject("redisUrl"));
    at.env.LIFECYCLE__TRANSFORM__OVERLAY = join(at.home, "ours");
    events = (await writeEvents(at.home)).path;
    await overlay("t.event_count", "event_count INT64");
    fleet = await at.fleet("--workers", "1");
    expect(await at.cli("run", "event-stream", "--file", events)).toMatchObject({ code: 0 });
    expect(await apart()).toBe("t.event_count");
  });
  afterAll(() => at.close());

  it("a new column is applied, and told", async () => {
    await overlay("t.event_count, t.user_count", "event_count INT64", "user_count INT64");
    await said(0, "run", "--select", "changed+");
    expect(await columnsOf("agg_busy")).toContain("user_count BIGINT");
    expect(await changes()).toEqual(["agg_busy user_count added  INT64 hold applied"]);
    expect(await said(0, "release")).toContain("No table waits");
  });

  it("hold: a dropped column keeps back the table and what is made from it, and nothing else", async () => {
    await overlay("cast(t.event_count as string) as event_count", "event_count STRING");
    const out = await said(1, "run", "--select", "changed+");
    expect(out).toMatch(
      /HELD +agg_busy is not published: column event_count was INT64 and is STRING, column/,
    );
    expect(out).toMatch(/HELD +agg_busy_top is not published: it was made from agg_busy/);
    expect(out).toContain("ERROR=0 SKIP=0 TOTAL=4; 1 published, 2 held");
    expect(await columnsOf("agg_busy")).toEqual([
      "workspace VARCHAR",
      "event_type VARCHAR",
      "event_count BIGINT",
      "user_count BIGINT",
    ]);
    expect(await apart()).toBe("cast(t.event_count as string) as event_count");
    expect((await changes()).slice(0, 2)).toEqual([
      "agg_busy event_count type_changed INT64 STRING hold held",
      "agg_busy user_count dropped INT64  hold held",
    ]);
  });

  it("hold: the next run of the pipeline publishes the rest, and ends partial", async () => {
    const run = await at.cli("run", "event-stream", "--file", events);
    expect(run.code, run.stdout).toBe(2);
    const runs = await at.query(
      "select status from ops_run where pipeline = 'event-stream' order by requested_at",
    );
    expect(runs.map(({ status }) => status)).toEqual(["complete", "partial"]);
    expect(await columnsOf("agg_busy")).toContain("event_count BIGINT");
  });

  it("released by name, it is published with what waited for it", async () => {
    expect(await said(0, "release")).toMatch(
      /agg_busy +column event_count was INT64 and is STRING.*\n *agg_busy_top +it was made from agg_busy\n/,
    );
    expect(await said(64, "release", "agg_bus")).toContain("did you mean agg_busy?");
    expect(await said(64, "release", "agg_apart")).toContain("does not wait to be released");
    expect(await said(64, "release", "agg_busy_top")).toContain("lifecycle models release agg_busy");
    expect(await said(0, "release", "agg_busy")).toContain("Published: agg_busy, agg_busy_top");
    expect(await columnsOf("agg_busy")).toEqual([
      "workspace VARCHAR",
      "event_type VARCHAR",
      "event_count VARCHAR",
    ]);
    expect((await changes()).slice(0, 2)).toEqual([
      "agg_busy event_count type_changed INT64 STRING accept applied",
      "agg_busy user_count dropped INT64  accept applied",
    ]);
    expect(await said(0, "release")).toContain("No table waits");
  });

  it("fail: the run fails, nothing of it is published, and the tables about the fleet say why", async () => {
    await restart("fail");
    await overlay("t.event_count as events", "events INT64");
    const out = await said(1, "run", "--select", "changed+");
    expect(out).toMatch(
      /ERROR Nothing is published\. agg_busy is not published: column event_count .* is gone/,
    );
    expect(out).toContain("; 0 published");
    expect(await apart()).toBe("cast(t.event_count as string) as event_count");
    expect(await columnsOf("agg_busy")).toContain("event_count VARCHAR");
    expect((await changes()).slice(0, 2)).toEqual([
      "agg_busy event_count dropped STRING  fail failed",
      "agg_busy events added  INT64 fail failed",
    ]);
    const [last] = await at.query("select status from ops_run order by requested_at desc limit 1");
    expect(last).toEqual({ status: "failed" });
    await said(0, "release", "agg_busy");
    expect(await columnsOf("agg_busy")).toContain("events BIGINT");
  });

  it("accept: published at once, and told", async () => {
    await restart("accept");
    await overlay("t.user_count", "user_count INT64");
    await said(0, "run", "--select", "changed+");
    expect(await columnsOf("agg_busy")).toEqual([
      "workspace VARCHAR",
      "event_type VARCHAR",
      "user_count BIGINT",
    ]);
    expect((await changes()).slice(0, 2)).toEqual([
      "agg_busy events dropped INT64  accept applied",
      "agg_busy user_count added  INT64 accept applied",
    ]);
  });
});
