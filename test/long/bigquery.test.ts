import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openBigqueryWarehouse, type QueryTarget } from "@lifecycle/warehouse";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type GoogleFakes, startGoogleFakes } from "../e2e/support/google-fakes.ts";
import { type Fleet, type Installation, install, LOST_SOON, until } from "../e2e/support/installation.ts";
import { ask, settled } from "../e2e/support/runs.ts";
import { writeEvents, writeMailTest } from "../e2e/support/small-files.ts";

const NOW = "2026-06-30T12:00:00Z";
const HALF = { from: "2026-06-01", until: "2026-06-16" };
const WHOLE = { from: "2026-06-01", until: "2026-07-01" };
/** A daily run's: few of the days that the tables hold. */
const LAST = { from: "2026-06-28", until: "2026-07-01" };
const PREFIX = "e2e/main";
const COMPLETE = { missing: [], status: "complete" };

/** When the fleet did its work, and how long it took: the same nowhere, not even in two runs on one engine. */
const WHEN_IT_WORKED =
  /^((requested|settled|loaded|evaluated|last_loaded|last_extracted|failed|checked)_at|duration_seconds)$/;

describe("the whole pipeline on BigQuery, against DuckDB", () => {
  let google: GoogleFakes;
  let duckdb: Installation;
  let bigquery: Installation;
  let fleet: Fleet;
  let reader: QueryTarget;
  const expected = new Map<string, string[]>();

  beforeAll(async () => {
    google = await startGoogleFakes();
    duckdb = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW });
    const { url } = await duckdb.sandbox("--now", NOW, "--campaigns", "10", "--canvases", "3");
    const settings = {
      ...{ LIFECYCLE_NOW: NOW, ...LOST_SOON, LIFECYCLE__SANDBOX__URL: url },
      ...google.settings(PREFIX),
    };
    bigquery = { ...(await install(inject("redisUrl"), settings)), ledger: google.ledger(PREFIX) };
    reader = await openBigqueryWarehouse({
      projectId: google.project,
      location: "EU",
      apiEndpoint: google.url,
    });
  });
  afterAll(async () => {
    await Promise.all([duckdb?.close(), bigquery?.close()]);
    await google?.stop();
  });

  it("first in DuckDB mode", async () => {
    const own = await duckdb.fleet("--workers", "1");
    for (const window of [HALF, WHOLE, LAST]) {
      expect(await settled(duckdb, await ask(duckdb, window))).toMatchObject(COMPLETE);
    }
    await runFiles(duckdb);
    await own.stop();
    for (const name of await tablesOf(duckdb)) expected.set(name, await comparable(duckdb, name));
    expect(expected.get("agg_campaign_daily")!.length).toBeGreaterThan(100);
  });

  it("then in BigQuery mode, without the other engine in the worker", async () => {
    fleet = await bigquery.fleet("--workers", "1");
    expect(await settled(bigquery, await ask(bigquery, HALF))).toMatchObject(COMPLETE);
    const maps = await readFile(`/proc/${await fleet.pid("warehouse")}/maps`, "utf8");
    expect(maps).toContain("node");
    expect(maps).not.toContain("duckdb");
    const loads = (await google.jobs()).filter(({ kind }) => kind === "load");
    expect(loads.length).toBeGreaterThan(10);
    expect(loads.filter(({ sourceUris }) => sourceUris === 0)).toEqual([]);
  });

  it("through a storm, and two kills of the warehouse worker", async () => {
    const before = await published(reader);
    await google.fail({ job: "^load__.*20260601-20260701.*data-series", times: 1, does: "hold-job" });
    await google.fail({ job: "__publish__agg_campaign_daily", times: 1, does: "hold-job" });
    const runId = await ask(bigquery, WHOLE);
    await storm(google);

    await held(google, "load");
    await fleet.kill("warehouse");
    await google.release();

    await held(google, "publish");
    await fleet.kill("warehouse");
    expect(await published(reader)).toEqual(before);
    const seen = watching(reader);
    await google.release();
    const end = await settled(bigquery, runId);
    expect(end).toMatchObject(COMPLETE);

    const after = await published(reader);
    expect(after).not.toEqual(before);
    const answers = await seen.stop();
    expect(answers.length).toBeGreaterThan(3);
    expect(new Set(answers)).toEqual(new Set([before, after].filter((version) => answers.includes(version))));
    expect(answers.at(-1)).toBe(after);
    await google.calm();
  });

  it("a few days more, of which it builds just those", async () => {
    expect(await settled(bigquery, await ask(bigquery, LAST))).toMatchObject(COMPLETE);
    const { rows } = await reader.query(
      "SELECT action, COUNT(DISTINCT model_name) FROM ops_quality_result WHERE run_id LIKE '%20260628-20260701%' GROUP BY action ORDER BY action",
    );
    const models = Object.fromEntries(rows) as Record<string, number>;
    expect(models.partitions).toBeGreaterThan(5);
    expect(models.merge).toBeGreaterThan(0);
  });

  it("with files, whose every record arrives once", async () => {
    await google.fail({
      path: "/jobs$",
      method: "POST",
      times: 20,
      share: 0.3,
      does: "answer",
      error: { status: 403, reason: "rateLimitExceeded" },
    });
    await runFiles(bigquery);
    await google.calm();
    await fleet.stop();
  });

  it("publishes the same tables, cell by cell", async () => {
    expect(await tablesOf(bigquery)).toEqual([...expected.keys()]);
    const differing: Record<string, { onlyDuckdb: string[]; onlyBigquery: string[] }> = {};
    for (const [name, rows] of expected) {
      const own = await comparable(bigquery, name);
      const [onlyDuckdb, onlyBigquery] = [beyond(rows, own), beyond(own, rows)];
      if (onlyDuckdb.length + onlyBigquery.length > 0) differing[name] = { onlyDuckdb, onlyBigquery };
    }
    expect(differing).toEqual({});
  });

  it("did no piece of work twice", async () => {
    const jobs = (await google.jobs()).filter(({ kind }) => kind !== "query");
    expect(jobs.filter(({ state }) => state !== "DONE")).toEqual([]);
    const done = jobs.filter(({ error }) => error === null).map(({ id }) => id.replace(/__a\d+$/, ""));
    expect(done.length).toBe(new Set(done).size);
    expect(jobs.filter(({ error }) => error !== null).map(({ error }) => error)).toEqual([
      "backendError",
      "backendError",
    ]);
  });

  it("answers the command line as DuckDB does, with nobody up", async () => {
    const sql =
      "select format_date('%Y-%m', activity_date) as month, countif(sent > 0) as days, sum(revenue) as revenue from agg_campaign_daily group by month order by month";
    const [here, there] = [
      await duckdb.cli("query", sql, "--json"),
      await bigquery.cli("query", sql, "--json"),
    ];
    expect(there.stderr).toBe("");
    expect(JSON.parse(there.stdout)).toEqual(JSON.parse(here.stdout));
    expect((await bigquery.cli("query", "drop table agg_campaign_daily")).code).toBe(64);
    const typo = await bigquery.cli("query", "select sendz from agg_campaign_daily");
    expect(typo).toMatchObject({ code: 64, stdout: "" });
    expect(typo.stderr).toContain("query:1:8 no table of the query has a column sendz.");
    const doctor = await bigquery.cli("doctor");
    expect(doctor.stdout).toMatch(/^ok +warehouse +BigQuery project test-project/m);
    expect(doctor.stdout).toMatch(/^ok +landing +gs:\/\/.*, 5 runs$/m);
  });
});

async function runFiles(at: Installation): Promise<void> {
  const mail = await at.cli("run", "hillstrom", "--file", (await writeMailTest(at.home, 600)).path);
  expect(mail).toMatchObject({ code: 0, stderr: "" });
  expect(mail.stdout).toContain("Mens E-Mail");
  const events = await at.cli("run", "event-stream", "--file", (await writeEvents(at.home)).path);
  expect(events).toMatchObject({ code: 0, stderr: "" });
}

/** One request in four refused, one in ten told to slow down, an answer lost now and then, two jobs that fail in passing. */
async function storm(google: GoogleFakes): Promise<void> {
  const unavailable = { status: 503, reason: "backendError" };
  await google.fail({ times: 60, share: 0.25, does: "answer", error: unavailable });
  await google.fail({ at: "gcs", times: 60, share: 0.25, does: "answer", error: unavailable });
  const slowDown = { status: 403, reason: "rateLimitExceeded" };
  await google.fail({ method: "POST", times: 15, share: 0.1, does: "answer", error: slowDown });
  await google.fail({ method: "POST", path: "/jobs$", times: 4, share: 0.1, does: "cut-after" });
  await google.fail({ job: "__dim_variant__", times: 2, does: "fail-job", error: unavailable });
}

/** Waits until a job of this kind has been submitted and does not end. */
async function held(google: GoogleFakes, kind: string): Promise<void> {
  await until(
    async () => (await google.jobs()).find((job) => job.kind === kind && job.held),
    `a held ${kind} job`,
  );
}

/** One text that tells two versions of the published table apart. */
async function published(reader: QueryTarget): Promise<string> {
  const { rows } = await reader.query(
    "SELECT COUNT(*), COUNT(DISTINCT _run_id), MIN(activity_date), MAX(activity_date), SUM(sent) FROM agg_campaign_daily",
  );
  return JSON.stringify(rows[0]);
}

/** Asks again and again what is published, until it is stopped. */
function watching(reader: QueryTarget): { stop(): Promise<string[]> } {
  let isOver = false;
  const answers: string[] = [];
  const work = (async () => {
    while (!isOver) answers.push(await published(reader));
    answers.push(await published(reader));
  })();
  return {
    stop: async () => {
      isOver = true;
      await work;
      return answers;
    },
  };
}

async function tablesOf(at: Installation): Promise<string[]> {
  const files = await readdir(join(at.home, "output/tables"));
  return files
    .filter((file) => file.endsWith(".parquet"))
    .map((file) => file.replace(".parquet", ""))
    .toSorted();
}

/** The first rows of one sorted list that the other lacks, copies counted. */
function beyond(rows: readonly string[], others: readonly string[]): string[] {
  const left = new Map<string, number>();
  for (const row of others) left.set(row, (left.get(row) ?? 0) + 1);
  const found = rows.filter((row) => {
    const copies = left.get(row) ?? 0;
    left.set(row, copies - 1);
    return copies <= 0;
  });
  return found.slice(0, 5);
}

/** A table's rows without audit columns and without the instants of the fleet's own work. */
async function comparable(at: Installation, name: string): Promise<string[]> {
  const rows = (await at.table(name)).map((row) => JSON.parse(row) as Record<string, unknown>);
  const kept = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([column]) => !WHEN_IT_WORKED.test(column) && !saysHowItWent(row, column))
        .map(([column, value]) => [
          column,
          typeof value === "string" ? value.replaceAll(at.home, "") : value,
        ]),
    ),
  );
  const settled = name === "ops_api_quota" ? callsOf(kept) : kept;
  return settled.map((row) => JSON.stringify(row)).toSorted();
}

/** A stage that is tried again, after a kill or in a storm, finds some tables built by the first try: it says `test` of them. */
function saysHowItWent(row: Record<string, unknown>, column: string): boolean {
  const isCalm = /20260601-20260616|20260628-20260701/.test(String(row.run_id));
  return column === "action" && "check_name" in row && !isCalm;
}

/** Calls per bucket, whatever the hour of the fleet's own work: it may have struck meanwhile. */
function callsOf(rows: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  const buckets = Map.groupBy(rows, ({ workspace, bucket, bucket_limit, hourly_limit }) =>
    JSON.stringify([workspace, bucket, bucket_limit, hourly_limit]),
  );
  return [...buckets].map(([bucket, hours]) => ({
    bucket,
    calls: hours.reduce((sum, { calls }) => sum + Number(calls), 0),
  }));
}
