import { once } from "node:events";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { setTimeout } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { activity, type Installation, install } from "./support/installation.ts";
import { publishedTables } from "./support/runs.ts";
import { expectTruth } from "./support/truth.ts";

const NOW = "2026-06-30T12:00:00Z";
const WINDOW = { from: "2026-04-02", to: "2026-06-30" };
const ROLES = ["producer", "extract-worker", "warehouse-worker"];

describe("npm start with the sandbox", () => {
  let at: Installation;
  let url: string;
  let first: Record<string, string[]>;
  let told: string;
  beforeAll(async () => {
    at = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW }, { resources: "configured" });
    ({ url } = await at.sandbox("--now", NOW, "--time-zone", "UTC"));
  });
  afterAll(() => at.close());

  it("publishes every campaign and Canvas day exactly as planted", async () => {
    const { code, stdout, stderr } = await at.cli("start");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(/complete: [\d,]+ parts landed/);
    expect(stdout).toContain("lifecycle_metrics.json");
    expect(stdout).toContain("experiments/index.html");
    told = stdout;
    await expectTruth(at, url, WINDOW);
    first = await publishedTables(at);
    expect(first.exp_result!.length).toBeGreaterThan(20);
    expect(first.dim_variant!.length).toBeGreaterThan(60);
  });

  it("leaves the files it names, and ops tables that tell of the run", async () => {
    const metrics = JSON.parse(await readFile(join(at.home, "output/lifecycle_metrics.json"), "utf8"));
    expect(metrics).toMatchObject({ schema_version: 2, workspaces: { main: { campaigns: { days: 90 } } } });
    const csv = await readFile(join(at.home, "output/experiment_summary.csv"), "utf8");
    expect(csv.trim().split("\n").length).toBeGreaterThan(20);
    const [run] = await at.query("select * from ops_run");
    expect(run).toMatchObject({
      run_id: "main__braze__20260402-20260701__p1",
      status: "complete",
      trigger: "start",
    });
    expect((await at.query("select * from ops_load")).length).toBeGreaterThan(5);
    expect((await at.query("select * from ops_audit")).length).toBeGreaterThan(0);
    expect((await at.query("select * from ops_freshness")).length).toBeGreaterThan(0);
  });

  it("says the same of every A/B test in the terminal, in its files and on its page", async () => {
    const said = await at.query(
      "select decision, count(*)::int as n from exp_verdict_history where is_newest group by 1",
    );
    expect(said.length).toBeGreaterThan(1);
    const metrics = JSON.parse(await readFile(join(at.home, "output/lifecycle_metrics.json"), "utf8"));
    const { decisions } = metrics.workspaces.main.experiments;
    expect(Object.fromEntries(Object.entries(decisions).filter(([, n]) => n !== 0))).toEqual(
      Object.fromEntries(said.map(({ decision, n }) => [decision, n])),
    );
    const page = await readFile(join(at.home, "output/experiments/index.html"), "utf8");
    const lines = [...told.matchAll(/^ {2}(\w+) +(\S.*?) {2,}(\d+) +\d+$/gm)].filter(
      ([, of]) => of! in decisions,
    );
    const sums: Record<string, number> = {};
    for (const [, of, , n] of lines) sums[of!] = (sums[of!] ?? 0) + Number(n);
    expect(sums).toEqual(Object.fromEntries(said.map(({ decision, n }) => [decision, n])));
    for (const [, , words, n] of lines) expect(page).toContain(`<li><b>${n}</b>${words}</li>`);
  });

  it("stops every process it started", async () => {
    const lines = await activity(at.home);
    const pids = new Set(lines.map((line) => Number(line.pid)));
    expect([...new Set(lines.map((line) => line.role))]).toEqual(expect.arrayContaining(ROLES));
    for (const pid of pids) expect(existsSync(`/proc/${pid}`), `process ${pid}`).toBe(false);
  });

  it("doubles nothing when it is run again, and says which pass it was", async () => {
    const { code, stdout } = await at.cli("start");
    expect(code).toBe(0);
    expect(stdout).toContain("main__braze__20260402-20260701__p2");
    await expectTruth(at, url, WINDOW);
    const second = await publishedTables(at);
    expect(withoutPass(second)).toEqual(withoutPass(first));
  });

  it("answers queries in BigQuery SQL with nobody up", async () => {
    const sql =
      "select count(*) as n, countif(revenue > 0) as paid, format_date('%Y', max(activity_date)) as y from agg_campaign_daily";
    const { code, stdout, stderr } = await at.cli("query", sql, "--json");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      { n: first.agg_campaign_daily!.length, paid: expect.any(Number), y: "2026" },
    ]);
    expect((await at.cli("query", "drop table agg_campaign_daily")).code).toBe(64);
    expect((await at.cli("query", "select * from read_csv('/etc/passwd')")).code).toBe(64);
  });

  it("gives a long answer whole to whoever reads late, and ends quietly when nobody reads on", async () => {
    const ask = ["query", "--json", "select repeat('x', 2000000) as x"];
    const late = at.spawnCli(ask);
    await once(late.stdout, "readable");
    // A command that does not wait for its reader ends here.
    await Promise.race([once(late, "exit"), setTimeout(1_000)]);
    expect(JSON.parse(await text(late.stdout))).toEqual([{ x: "x".repeat(2_000_000) }]);

    const gone = at.spawnCli(ask);
    gone.stdout.once("readable", () => gone.stdout.destroy());
    const [stderr, [code]] = await Promise.all([text(gone.stderr), once(gone, "close")]);
    expect([stderr, code]).toEqual(["", 0]);
  });

  it("names what is wrong with a wrong setting, before anything starts", async () => {
    const before = (await activity(at.home)).length;
    const wrong = await install(inject("redisUrl"), { LIFECYCLE__QUEUES__LOCK_MS: "soon" });
    const { code, stdout, stderr } = await wrong.cli("start");
    expect(code).toBe(78);
    expect(stdout + stderr).toMatch(/queues\.lock_ms.*soon/);
    expect(stdout + stderr).not.toMatch(/ {4}at /);
    expect((await activity(at.home)).length).toBe(before);
    await wrong.close();
  });
});

/** A later pass reads the same: only its number differs. */
function withoutPass(tables: Record<string, string[]>): Record<string, string[]> {
  const strip = (row: string) => row.replace(/"pass":"?\d+"?,?/, "");
  return Object.fromEntries(Object.entries(tables).map(([name, rows]) => [name, rows.map(strip).toSorted()]));
}
