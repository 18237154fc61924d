import { execFileSync } from "node:child_process";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Fleet, type Installation, install, PROJECT } from "../e2e/support/installation.ts";
import { writeEvents } from "../e2e/support/small-files.ts";

const EVIL = `x'); DROP TABLE lifecycle.agg_event_type; --`;

async function write(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const path = join(folder, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

describe("a tree of one's own over ours", () => {
  let at: Installation;
  let sql: string;
  let overlay: string;
  let fleet: Fleet;
  const git = (...args: string[]) =>
    execFileSync("git", ["-C", sql, "-c", "user.name=x", "-c", "user.email=x@example.com", ...args], {
      encoding: "utf8",
    });
  const cli = async (...args: string[]) => {
    const said = await at.cli(...args);
    expect(said, `${said.stdout}${said.stderr}`).toMatchObject({ code: 0, stderr: "" });
    return said.stdout;
  };
  const listed = async (...select: string[]) =>
    (JSON.parse(await cli("models", "list", "--json", ...select)) as { name: string }[]).map(
      ({ name }) => name,
    );

  beforeAll(async () => {
    at = await install(inject("redisUrl"));
    sql = join(at.home, "sql");
    overlay = join(at.home, "ours");
    await cp(join(PROJECT, "sql"), sql, { recursive: true });
    git("init", "--quiet");
    git("add", "--all");
    git("commit", "--quiet", "--message", "as it came");
    await write(overlay, {
      "dbt_project.yml": "vars:\n  busy_from: 100\n",
      "macros/busy.sql": "{% macro busy() %}{{ var('busy_from') }}{% endmacro %}\n",
      "marts/agg_busy_type.sql": `{{ config(materialized='table', tags=['ours']) }}
-- One row per event type with many events.
select t.workspace, t.event_type, t.event_count
from {{ ref('agg_event_type') }} as t
where t.event_count >= {{ busy() }}
`,
      "marts/agg_busy_count.sql": `{{ config(materialized='table', tags=['ours']) }}
select b.workspace, count(*) as types from {{ ref('agg_busy_type') }} as b group by b.workspace
`,
      "marts/ours.yml": `version: 2
models:
  - name: agg_busy_type
    config: { meta: { published: true, owner: us } }
    columns:
      - { name: workspace, data_type: STRING }
      - { name: event_type, data_type: STRING, data_tests: [not_null] }
      - { name: event_count, data_type: INT64 }
`,
      "marts/agg_active_users_daily.sql":
        "{{ config(enabled=false) }}\nselect 1 as workspace, 1 as activity_date, 1 as dau, 1 as wau, 1 as mau, 1 as days_observed\n",
    });
    Object.assign(at.env, { LIFECYCLE__SQL__PATH: sql, LIFECYCLE__TRANSFORM__OVERLAY: overlay });
    const { path } = await writeEvents(at.home);
    const rows = (await readFile(path, "utf8")).trimEnd();
    await writeFile(path, `${rows}\n2025-03-07 10:00:00,U_0001,"${EVIL}",,,ios,google,US\n`);
    fleet = await at.fleet("--workers", "1");
    await cli("run", "event-stream", "--file", path);
  });
  afterAll(() => at.close());

  it("adds, disables and publishes; a text in the data stays a text", async () => {
    expect(await at.table("agg_busy_type")).toHaveLength(2);
    await expect(at.table("agg_active_users_daily")).rejects.toThrow();
    const types = await at.query(`select event_type from agg_event_type where event_type like 'x%'`);
    expect(types).toEqual([{ event_type: EVIL }]);
    expect(await listed("--select", "tag:ours")).toEqual(["agg_busy_type", "agg_busy_count"]);
    expect(await listed("--select", "agg_active_users_daily+").catch(String)).toContain("there is no model");
  });

  it("rebuilds only what a changed var decides, and touches no file of ours", async () => {
    expect(await listed("--select", "changed")).toEqual([]);
    await writeFile(join(overlay, "dbt_project.yml"), "vars:\n  busy_from: 200\n");
    expect(await listed("--select", "changed")).toEqual(["agg_busy_type"]);
    const dry = await cli("models", "run", "--select", "changed+", "--dry-run");
    expect(dry).toContain("nothing was built");
    expect(dry).toMatch(
      /1 {2}agg_busy_type .* its text changed\n *2 {2}agg_busy_count .* if its inputs changed/,
    );
    expect(await readFile(join(at.home, "output/compiled/bigquery/agg_busy_type.sql"), "utf8")).toContain(
      "t.event_count >= 200",
    );
    expect(await readFile(join(at.home, "output/compiled/duckdb/agg_busy_type.sql"), "utf8")).toContain(
      "200",
    );
    expect(await at.table("agg_busy_type")).toHaveLength(2);

    const said = await cli("models", "run", "--select", "changed+");
    expect(said).toContain("handed to the fleet that is up");
    expect(said).toMatch(/1 of 2 OK +agg_busy_type {2}1 row in .* \(its text changed\)/);
    expect(said).toMatch(/Done\. OK=2 KEPT=0 ERROR=0 SKIP=0 TOTAL=2; 1 published/);
    expect(await at.table("agg_busy_type")).toHaveLength(1);
    expect(await listed("--select", "changed")).toEqual([]);
    expect(git("status", "--porcelain")).toBe("");
  });

  it("stops at a test that does not hold: nothing of it is published, exit 1", async () => {
    const test = "{ accepted_range: { arguments: { min_value: 500 } } }";
    const yaml = await readFile(join(overlay, "marts/ours.yml"), "utf8");
    await writeFile(
      join(overlay, "marts/ours.yml"),
      yaml.replace("event_count, data_type: INT64", `event_count, data_type: INT64, data_tests: [${test}]`),
    );
    const run = await at.cli("models", "run", "--select", "agg_busy_type+");
    expect(run.code).toBe(1);
    expect(run.stdout).toMatch(/1 of 2 ERROR agg_busy_type/);
    expect(run.stdout).toContain("FAIL 1 accepted_range_event_count");
    expect(run.stdout).toContain("OK=0 KEPT=0 ERROR=1 SKIP=1 TOTAL=2; 0 published");
    const asked = await at.cli("models", "test", "--select", "agg_busy_type");
    expect(asked).toMatchObject({ code: 1, stdout: expect.stringContaining("FAIL=1") });
    const kept = await at.query(
      "select check_name, status, failures from ops_quality_result where model_name = 'agg_busy_type' and action = 'test'",
    );
    expect(kept).toContainEqual({
      check_name: "accepted_range_event_count",
      status: "fail",
      failures: "1",
    });
    expect(await at.table("agg_busy_type")).toHaveLength(1);
    await writeFile(join(overlay, "marts/ours.yml"), yaml);
  });

  it("does the same with nobody up, and documents it on one page", async () => {
    await fleet.stop();
    await writeFile(join(overlay, "dbt_project.yml"), "vars:\n  busy_from: 1\n");
    const said = await cli("models", "run", "--select", "changed+");
    expect(said).toContain("started a warehouse worker for it");
    expect(await at.table("agg_busy_type")).toHaveLength(3);
    expect(await cli("models", "test", "--select", "tag:ours")).toContain("PASS=1 WARN=0 FAIL=0 ERROR=0");
    await cli("models", "docs");
    const page = await readFile(join(at.home, "output/models.html"), "utf8");
    expect(page).toContain('<article id="agg_busy_type"');
    expect(page).not.toContain('<article id="agg_active_users_daily"');
    expect(page).toMatch(/Last built<\/dt><dd>20\d\d-/);
    expect(page).toContain("<h2>Freshness</h2>");
  });
});

describe("mistakes in the models are told at once, each with its place, with exit 64 and nothing asked of anyone", () => {
  let at: Installation;
  beforeAll(async () => {
    at = await install(inject("redisUrl"));
  });
  afterAll(() => at.close());

  const fine = {
    "sources.yml":
      "version: 2\nsources: [{ name: raw, tables: [{ name: raw_t, columns: [{ name: a, data_type: INT64 }, { name: d, data_type: DATE }] }] }]\n",
    "stg_t.sql": "select a, d from {{ source('raw', 'raw_t') }}\n",
  };
  const m = "select a from {{ ref('stg_t') }}\n";
  const yaml = (...lines: string[]) => `version: 2\nmodels:\n  - name: m\n${lines.join("\n")}\n`;

  const cases: [string, Record<string, string>, RegExp[]][] = [
    [
      "what does not fit together",
      {
        "m.sql": m,
        "m.yml": yaml("    columns:", "      - { name: a, data_tests: [not_nul] }"),
        "circle_a.sql": "select a from {{ ref('circle_b') }}",
        "circle_b.sql": "select a from {{ ref('circle_a') }}",
        "bad_ref.sql": "select a\nfrom {{ ref('stg_tt') }}",
        "bad_source.sql": "select a from {{ source('raw', 'raw_x') }}",
        "x/twice.sql": m,
        "y/twice.sql": m,
        "no_var.sql": "select a from {{ ref('stg_t') }} where a > {{ var('x') }}",
        "outside.sql": "{{ run_query('drop table x') }}select a from {{ ref('stg_t') }}",
      },
      [
        /m\.yml:5:\d+ unknown test not_nul\n.*\n.*\n +Did you mean not_null\?/,
        /circle_a\.sql:1:\d+ models refer to each other in a circle: circle_a → circle_b → circle_a/,
        /bad_ref\.sql:2:\d+ there is no model stg_tt\n.*\n.*\n +Did you mean stg_t\?/,
        /bad_source\.sql:1:\d+ source raw has no table raw_x/,
        /twice\.sql:1:1 two models are called twice/,
        /no_var\.sql:1:\d+ var x is not set/,
        /outside\.sql:1:\d+ .*run_query/,
      ],
    ],
    [
      "what is no SQL that both engines share",
      {
        "m.sql": m,
        "m.yml": yaml("    columns:", "      - { name: aa }"),
        "no_select.sql": "delete from {{ ref('stg_t') }} where true",
        "syntax.sql": "select a,\nfrom from {{ ref('stg_t') }}",
        "refused.sql": "select a, farm_fingerprint('x') as f from {{ ref('stg_t') }}",
        "unknown.sql": "select a,\n  frobnicate(a) as f\nfrom {{ ref('stg_t') }}",
      },
      [
        /m\.yml:5:\d+ model m has no column aa\n +Did you mean a\?/,
        /no_select\.sql:1:1 .*\[statement\.not_select\]/,
        /syntax\.sql:\d+:\d+ /,
        /refused\.sql:1:11 .*FARM_FINGERPRINT.*\[function\.refused\]/i,
        /unknown\.sql:2:3 .*frobnicate/i,
      ],
    ],
    [
      "what no table can answer",
      {
        "m.sql": m,
        "m.yml": yaml(
          "    data_tests:",
          "      - expression_is_true: { arguments: { expression: 'aa > 0' } }",
        ),
        "no_column.sql": "select t.a, -- not t.bb\n  t.bb as b\nfrom {{ ref('stg_t') }} as t",
      },
      [/m\.yml:5:\d+ a test of m .*aa/, /no_column\.sql:2:5 model no_column: .*"bb"\n.*\n.*\n +Did you mean/],
    ],
    [
      "types that do not fit",
      { "m.sql": m, "no_type.sql": "select a,\n  sum(d) as s\nfrom {{ ref('stg_t') }}\ngroup by a" },
      [
        /no_type\.sql:2:3 SUM takes INT64, NUMERIC or FLOAT64, not d \(DATE\) \[type\.argument\]\n +sum\(d\) as s\n +\^/,
      ],
    ],
    [
      "SQL in a var",
      {
        "m.sql": "select a from {{ ref('stg_t') }} where cast(a as string) = '{{ var('name') }}'",
        "dbt_project.yml": `vars: { name: "x' or 1=1 --" }\n`,
      },
      [/var name: .* could change the SQL around it/],
    ],
  ];

  it.each(cases)("%s", async (name, files, messages) => {
    const folder = join(at.home, name.replaceAll(" ", "-"));
    await write(folder, { ...fine, ...files });
    at.env.LIFECYCLE__SQL__PATH = folder;
    const { code, stdout, stderr } = await at.cli("models", "run");
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    for (const message of messages) expect(stderr).toMatch(message);
    expect(stderr.split("\n").length).toBeLessThan(40);
    expect(await at.ledger.listRunIds()).toEqual([]);
  });

  it.each([
    ["an overlay that is not there", "nowhere", 78, /transform\.overlay: .*expected a folder that is there/],
    ["a file of the overlay that lies elsewhere", "ours", 64, /points outside/],
  ])("%s", async (_, folder, exit, message) => {
    const tree = join(at.home, "tree");
    await write(tree, { ...fine, "m.sql": m });
    await write(at.home, { "elsewhere.sql": m, "ours/n.sql": m });
    await symlink(join(at.home, "elsewhere.sql"), join(at.home, "ours/o.sql")).catch(() => undefined);
    at.env.LIFECYCLE__SQL__PATH = tree;
    at.env.LIFECYCLE__TRANSFORM__OVERLAY = join(at.home, folder);
    const { code, stderr } = await at.cli("models", "list");
    delete at.env.LIFECYCLE__TRANSFORM__OVERLAY;
    expect({ code, stderr }).toEqual({ code: exit, stderr: expect.stringMatching(message) });
  });

  it.each([
    ["backfill", "--from", "2001-01-01", "--to", "2001-01-31", "--yes"],
    ["run", "braze", "--from", "2001-01-01", "--to", "2001-01-31"],
    ["plan", "braze", "--from", "2001-01-01", "--to", "2001-01-31"],
  ])("days that the warehouse keeps no longer: %s", async (...args) => {
    at.env.LIFECYCLE__WAREHOUSE__RETENTION_DAYS = "400";
    const { code, stdout, stderr } = await at.cli(...args);
    delete at.env.LIFECYCLE__WAREHOUSE__RETENTION_DAYS;
    expect({ code, stdout }).toEqual({ code: 64, stdout: "" });
    expect(stderr).toMatch(
      /^2001-01-01 is older than what the warehouse keeps: 400 days, now from 20\d\d-\d\d-\d\d on\./,
    );
    expect(await at.ledger.listRunIds()).toEqual([]);
  });

  it.each([
    [["list", "--select", "stg_tt"], /there is no model stg_tt: did you mean stg_t\?/],
    [["list", "--select", "x; drop table y"], /is no selector/],
    [["run", "--selekt", "stg_t"], /unknown option '--selekt'/],
    [["seed"], /unknown command 'seed'/],
  ])("%j", async (args, message) => {
    at.env.LIFECYCLE__SQL__PATH = join(at.home, "tree");
    const { code, stderr } = await at.cli("models", ...args);
    expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringMatching(message) });
  });
});
