import { Stream } from "@lifecycle/simulation";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Installation, install, LOST_SOON, until } from "../e2e/support/installation.ts";
import { publishedTables, settled } from "../e2e/support/runs.ts";
import { acceptedCalls, callOf, callOfPart, sandboxLog, windowOf } from "../e2e/support/sandbox-log.ts";
import { killAll, startTree } from "../e2e/support/tree.ts";
import { expectTruth } from "../e2e/support/truth.ts";

const NOW = "2026-06-30T12:00:00Z";
const WORLD = ["--now", NOW, "--time-zone", "UTC", "--campaigns", "24", "--canvases", "6", "--days", "420"];
const DAYS = { from: "2025-06-01", to: "2026-05-31" };
const RUN = "main__braze__20250601-20260601__p1";
const ASK = ["backfill", "--from", DAYS.from, "--to", DAYS.to];
/** Slow enough that there is a middle to be interrupted in. */
const SLOW = "default=60/1s,campaigns_data_series=20/1s";
const LIMITS = {
  LIFECYCLE__WORKSPACES__MAIN__BRAZE__BUCKETS__DEFAULT__LIMIT: "60",
  LIFECYCLE__WORKSPACES__MAIN__BRAZE__BUCKETS__DEFAULT__WINDOW_SECONDS: "1",
  LIFECYCLE__WORKSPACES__MAIN__BRAZE__BUCKETS__CAMPAIGNS_DATA_SERIES__LIMIT: "20",
  LIFECYCLE__WORKSPACES__MAIN__BRAZE__BUCKETS__CAMPAIGNS_DATA_SERIES__WINDOW_SECONDS: "1",
};

describe("a backfill", () => {
  const open: Installation[] = [];
  let undisturbed: Record<string, string[]>;
  afterAll(() => Promise.all(open.map((at) => at.close())));

  async function up(limits: Record<string, string> = {}): Promise<{ at: Installation; url: string }> {
    const at = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW, ...LOST_SOON, ...limits });
    open.push(at);
    const flags = Object.keys(limits).length > 0 ? ["--limits", SLOW] : [];
    const { url } = await at.sandbox(...WORLD, ...flags);
    return { at, url };
  }

  describe("undisturbed", () => {
    let at: Installation;
    let url: string;
    beforeAll(async () => {
      ({ at, url } = await up());
    });

    it("asks somebody before it starts, and refuses when nobody is there to ask", async () => {
      const { code, stderr } = await at.cli(...ASK);
      expect(code).toBe(64);
      expect(stderr).toContain("--yes");
      expect(await at.ledger.listRunIds()).toEqual([]);
      expect(await acceptedCalls(url)).toBe(0);
    });

    it("takes exactly the calls of the quote it printed, and reads the truth", async () => {
      const planned = await at.cli("plan", "braze", "--from", DAYS.from, "--to", DAYS.to);
      expect(planned.stderr).toBe("");
      await fetch(`${url}/__sandbox/stats/reset`, { method: "POST" });
      const { code, stdout, stderr } = await at.cli(...ASK, "--yes");
      expect(stderr).toBe("");
      expect(code).toBe(0);
      const quoted = /([\d,]+) calls, about .* rows, .* days of objects/.exec(stdout)?.[1];
      expect(Number(quoted?.replaceAll(",", ""))).toBe(await acceptedCalls(url));
      expect(planned.stdout).toContain(`${quoted} calls`);
      expect(stdout).toMatch(/campaigns_data_series +96 /);
      expect(stdout.indexOf("calls, about")).toBeLessThan(stdout.indexOf("extracting"));
      const quota = await at.query(
        "select bucket, cast(sum(calls) as int) as calls, max(bucket_limit) as bucket_limit from ops_api_quota group by 1 order by 1",
      );
      expect(quota.map(({ bucket }) => bucket)).toEqual(["campaigns_data_series", "default"]);
      expect(quota.reduce((sum, { calls }) => sum + Number(calls), 0)).toBe(await acceptedCalls(url));
      expect(Number(quota[0]!.bucket_limit)).toBe(50_000);
      await expectTruth(at, url, DAYS);
      undisturbed = await publishedTables(at);
    });

    it("is in the list, and can be changed no more once it has ended", async () => {
      expect((await at.cli("backfill", "list")).stdout).toMatch(new RegExp(`${RUN} +complete`));
      const { code, stderr } = await at.cli("backfill", "pause", RUN);
      expect({ code, stderr }).toEqual({ code: 64, stderr: expect.stringContaining("has ended") });
      expect((await at.cli("backfill", "cancel", "no-such-run")).code).toBe(64);
      expect(
        (await at.cli("backfill", "--from", "2026-05-01", "--to", "2026-05-02", "--resources", "x", "--yes"))
          .code,
      ).toBe(64);
    });

    it("reads closed days again, of the resources and campaigns that were named", async () => {
      const log = await sandboxLog(url);
      const campaign = log.find(({ path }) => path === "/campaigns/data_series")!.object_id!;
      await fetch(`${url}/__sandbox/stats/reset`, { method: "POST" });
      const few = ["--from", "2025-07-01", "--to", "2025-07-31", "--yes"];
      const { code } = await at.cli(
        "backfill",
        ...few,
        "--resources",
        "campaigns-data-series",
        "--campaign",
        campaign,
      );
      expect(code).toBe(0);
      const windows = (await sandboxLog(url)).flatMap((entry) => windowOf(entry) ?? []);
      expect(windows).toEqual([
        { path: "/campaigns/data_series", objectId: campaign, from: "2025-07-01", until: "2025-08-01" },
      ]);
      expect(await publishedTables(at)).toEqual(undisturbed);
    });
  });

  it("can be paused, resumed and cancelled, and ends with what has landed", async () => {
    const { at, url } = await up(LIMITS);
    const fleet = await at.fleet("--workers", "1");
    const started = startTree(at, ...ASK, "--yes");
    await until(async () => (await at.ledger.listLanded(RUN)).size >= 60, "some windows");
    expect((await at.cli("backfill", "pause", RUN)).code).toBe(0);
    const paused = await quiet(at);
    expect((await at.cli("backfill", "list")).stdout).toMatch(new RegExp(`${RUN} +paused`));
    expect((await at.cli("backfill", "resume", RUN)).code).toBe(0);
    await until(async () => (await at.ledger.listLanded(RUN)).size >= paused + 20, "more windows");
    expect((await at.cli("backfill", "cancel", RUN)).code).toBe(0);
    const end = await settled(at, RUN);
    expect(end).toMatchObject({ status: "partial", missing: [{ code: "run.cancelled" }] });
    expect((await started.ended).code).toBe(2);
    const loads = await at.ledger.readLoads(RUN);
    expect(loads.flatMap((load) => load.parts).length).toBe((await at.ledger.listLanded(RUN)).size);
    const series = (await sandboxLog(url)).filter(({ query }) => query.includes("length="));
    expect(new Set(series.map(callOf)).size).toBe(series.length);
    await fleet.stop();
  });

  it("killed ten times at random moments: the same tables, and nothing that had landed is asked for again", async () => {
    const { at, url } = await up(LIMITS);
    const random = new Stream(4);
    const blows: { atMs: number; landed: Set<string> }[] = [];
    while (blows.length < 10) {
      const tree = startTree(at, ...ASK, "--yes");
      const goal = (await at.ledger.listLanded(RUN)).size + 1 + random.below(24);
      const isOver = () => tree.process.exitCode !== null;
      await until(async () => (await at.ledger.listLanded(RUN)).size >= goal || isOver(), "progress");
      expect(isOver(), tree.output.join("")).toBe(false);
      await killAll(tree);
      const landed = [...(await at.ledger.listLanded(RUN))].flatMap((part) => callOfPart(part) ?? []);
      blows.push({ atMs: Date.now(), landed: new Set(landed) });
    }
    const last = startTree(at, ...ASK, "--yes");
    expect((await last.ended).code, last.output.join("")).toBe(0);

    const log = (await sandboxLog(url)).map((entry) => ({ ...entry, call: callOf(entry) }));
    for (const { atMs, landed } of blows) {
      expect(log.filter(({ time, call }) => time > atMs && landed.has(call))).toEqual([]);
    }
    const inFlight = blows.map(({ atMs, landed }) => {
      const asked = log.filter(({ time, path }) => time <= atMs && !path.endsWith("/list"));
      return new Set(asked.map(({ call }) => call)).difference(landed).size;
    });
    const asked = log.filter(({ path }) => !path.endsWith("/list"));
    const repeats = asked.length - new Set(asked.map(({ call }) => call)).size;
    expect(repeats).toBeLessThanOrEqual(inFlight.reduce((sum, count) => sum + count, 0));
    expect(await publishedTables(at)).toEqual(undisturbed);
  });
});

/** Waits until nothing lands any more; answers how much has. */
async function quiet(at: Installation): Promise<number> {
  let seen = { size: -1, since: Date.now() };
  return until(async () => {
    const { size } = await at.ledger.listLanded(RUN);
    if (size !== seen.size) seen = { size, since: Date.now() };
    return Date.now() - seen.since > 1_500 && size;
  }, "a pause");
}
