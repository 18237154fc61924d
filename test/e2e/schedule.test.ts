import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, describe, expect, inject, it } from "vitest";
import { isRunning } from "../fixtures/is-running.ts";
import { type Installation, install, PROJECT } from "./support/installation.ts";
import { ask, settled } from "./support/runs.ts";
import { expectTruth } from "./support/truth.ts";

const NOW = "2026-06-30T12:00:00Z";
const WORLD = ["--now", NOW, "--time-zone", "UTC", "--campaigns", "12", "--canvases", "3"];

describe("schedules, backfills and readers", () => {
  let at: Installation;
  afterAll(() => at?.close());

  it("fires a schedule of 5 s twice without overlap, while the tables can be read at any moment", async () => {
    at = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW });
    const config = join(at.home, "settings.yaml");
    const text = await readFile(join(PROJECT, "config/settings.yaml"), "utf8");
    const schedule =
      "schedules:\n  - { name: quick, workspace: main, pipeline: braze, every_seconds: 5, window_days: 7 }";
    await writeFile(config, text.replace("schedules: []", schedule));
    at.env.LIFECYCLE_CONFIG = config;
    at.env.LIFECYCLE__PIPELINES__PATH = join(PROJECT, "config/pipelines");
    await at.sandbox(...WORLD);
    const fleet = await at.fleet("--workers", "1");

    const runs = ["p1", "p2"].map((pass) => `main__braze__20260624-20260701__${pass}`);
    await settled(at, runs[0]!);
    let reads = 0;
    const second = settled(at, runs[1]!).then(() => true);
    const isOver = async () => (await Promise.race([second, Promise.resolve(false)])) === true;
    while (!(await isOver())) {
      const [row] = await at.query("select count(*) as n from agg_campaign_daily");
      expect(Number(row!.n)).toBe(12 * 7);
      const { code, stdout } = await at.cli(
        "query",
        "select count(*) as n from agg_campaign_daily",
        "--json",
      );
      expect({ code, stdout: stdout.trim() }).toEqual({ code: 0, stdout: `[{"n":${12 * 7}}]` });
      reads++;
    }
    expect(reads).toBeGreaterThan(0);
    const [first, next] = await Promise.all(runs.map((id) => at.ledger.readRequest(id)));
    expect(first!.trigger).toBe("schedule");
    expect(Date.parse(next!.requestedAt) - Date.parse(first!.requestedAt)).toBeGreaterThanOrEqual(5_000);
    const firstEnd = (await at.ledger.readSettled(runs[0]!))!;
    expect(next!.requestedAt >= firstEnd.settledAt).toBe(true);
    await fleet.stop();
  });

  it("backfills seven days to the truth, without a fleet of its own before", async () => {
    const other = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW });
    const { url } = await other.sandbox(...WORLD);
    const { code, stderr } = await other.cli(
      "backfill",
      "--from",
      "2026-05-11",
      "--to",
      "2026-05-17",
      "--yes",
    );
    expect(stderr).toBe("");
    expect(code).toBe(0);
    await expectTruth(other, url, { from: "2026-05-11", to: "2026-05-17" });
    expect((await other.cli("backfill", "--from", "2026-05-17", "--to", "2026-05-11", "--yes")).code).toBe(
      64,
    );
    await other.close();
  });

  it("stops on Ctrl-C and leaves no process behind", async () => {
    const other = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW });
    const { url } = await other.sandbox("--now", NOW, "--campaigns", "2", "--canvases", "1");
    expect(url).toMatch(/^http/);
    const fleet = await other.fleet("--workers", "1");
    const pids = await Promise.all(
      ["producer", "warehouse", "extract-1", "board"].map((name) => fleet.pid(name)),
    );
    await fleet.stop("SIGINT");
    expect(pids.filter(isRunning)).toEqual([]);
    expect(fleet.lines.at(-1)).toMatch(/^The fleet has stopped\./);
    expect(fleet.lines).toContainEqual(expect.stringMatching(/^Stopping the fleet/));
    const runId = await ask(other, { from: "2026-06-01", until: "2026-06-02" });
    const { stdout } = await other.cli("status");
    expect(stdout).toContain(runId);
    expect(stdout).toContain("Nothing is running now");
    await other.close();
  });
});
