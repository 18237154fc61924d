import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Installation, install, PROJECT } from "./support/installation.ts";
import { writeEvents, writeMailTest } from "./support/small-files.ts";

const DATA = join(PROJECT, "../shared/data");

describe("pipelines over files", () => {
  let at: Installation;
  beforeAll(async () => {
    at = await install(inject("redisUrl"), { LIFECYCLE_NOW: "2026-06-30T12:00:00Z" });
    await at.sandbox("--now", "2026-06-30T12:00:00Z", "--campaigns", "1", "--canvases", "1");
    await at.fleet("--workers", "1");
  });
  afterAll(() => at.close());

  it("judges an e-mail test, the same when it is read again", async () => {
    const { path, arms } = await writeMailTest(at.home);
    const { code, stdout, stderr } = await at.cli("run", "hillstrom", "--file", path);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("Mens E-Mail");
    const results = await at.query(
      "select arm_name, metric, n, x from exp_result where experiment_id like '%hillstrom' and metric = 'visit' and segment = 'all'",
    );
    expect(Object.fromEntries(results.map((row) => [row.arm_name, [Number(row.n), Number(row.x)]]))).toEqual(
      Object.fromEntries(Object.entries(arms).map(([name, arm]) => [name, [arm.n, arm.visits]])),
    );
    const first = await at.table("exp_result");
    expect((await at.cli("run", "hillstrom", "--file", path)).code).toBe(0);
    expect(plain(await at.table("exp_result"))).toEqual(plain(first));
  });

  it("counts events and daily users, and sets aside what cannot be read, with its reason", async () => {
    const { path, events, byType } = await writeEvents(at.home);
    expect((await at.cli("run", "event-stream", "--file", path)).code).toBe(0);
    expect(await counts(at)).toEqual(byType);
    const first = [await at.table("agg_event_type"), await at.table("agg_active_users_daily")];
    expect((await at.cli("run", "event-stream", "--file", path)).code).toBe(0);
    expect([await at.table("agg_event_type"), await at.table("agg_active_users_daily")].map(plain)).toEqual(
      first.map(plain),
    );

    const broken = join(at.home, "broken.csv");
    await writeFile(broken, `${await readFile(path, "utf8")}not a time,U_0001,like,,,ios,google,US\n`);
    expect((await at.cli("run", "event-stream", "--file", broken)).code).toBe(0);
    expect(Object.values(await counts(at)).reduce((a, b) => a + b, 0)).toBe(events);
  });

  it.each([
    ["a missing column", "recency,visit\n1,1\n", "hillstrom", /segment/],
    ["an empty file", "", "hillstrom", /empty/],
    [
      "a header alone",
      "event_time,user_id,event_type,transaction_category,miles_amount,platform,utm_source,country\n",
      "event-stream",
      /no row/,
    ],
  ])("refuses %s, naming the file, and publishes nothing of it", async (_, content, pipeline, reason) => {
    const path = join(at.home, "bad.csv");
    await writeFile(path, content);
    const before = await at.table("exp_result");
    const { code, stdout, stderr } = await at.cli("run", pipeline, "--file", path);
    expect(code).toBe(64);
    expect(stderr).toContain("bad.csv");
    expect(stderr).toMatch(reason);
    expect(stdout + stderr).not.toMatch(/ {4}at /);
    expect(await at.table("exp_result")).toEqual(before);
  });

  it("refuses a file of which too many rows do not cast, says why, and publishes nothing of it", async () => {
    const { path } = await writeMailTest(at.home, 300);
    const broken = join(at.home, "oops.csv");
    let n = 0;
    const spoil = (line: string) =>
      n++ % 3 === 1 ? line.replace(/,[01],([01]),([\d.]+)$/, ",oops,$1,$2") : line;
    await writeFile(broken, (await readFile(path, "utf8")).split("\n").map(spoil).join("\n"));
    const before = await at.table("exp_result");
    const { code, stdout } = await at.cli("run", "hillstrom", "--file", broken);
    expect(code).toBe(1);
    expect(stdout).toMatch(/oops\.csv: \d+ of 300 rows cannot be read.*visit/);
    expect(await at.table("exp_result")).toEqual(before);
    expect((await at.cli("run", "hillstrom", "--file", path)).code).toBe(0);
    const [row] = await at.query(
      "select sum(n)::bigint as n from exp_result where experiment_id like '%hillstrom' and metric = 'visit' and segment = 'all'",
    );
    expect(Number(row!.n)).toBe(300);
  });

  it("refuses an unknown pipeline and a file that is not there", async () => {
    expect(await at.cli("run", "nonsense")).toMatchObject({
      code: 64,
      stderr: expect.stringMatching(/no pipeline nonsense.*hillstrom/s),
    });
    expect(await at.cli("run", "hillstrom", "--file", "/no/such.csv")).toMatchObject({
      code: 64,
      stderr: expect.stringContaining("/no/such.csv"),
    });
  });

  // The published data sets lie beside the repository and are no part of it.
  it.skipIf(!existsSync(join(DATA, "hillstrom.csv")))(
    "gives the known figures of the published e-mail test",
    async () => {
      expect((await at.cli("run", "hillstrom", "--file", join(DATA, "hillstrom.csv"))).code).toBe(0);
      const rows = await at.query(
        "select arm_name, metric, n, value, z from exp_result where experiment_id like '%hillstrom' and segment = 'all' order by arm_name",
      );
      const of = (arm: string, metric: string) =>
        rows.find((row) => row.arm_name === arm && row.metric === metric)!;
      const arms = ["Mens E-Mail", "Womens E-Mail", "No E-Mail"];
      expect(arms.map((arm) => Number(of(arm, "visit").n))).toEqual([21_307, 21_387, 21_306]);
      const near = (metric: string, expected: number[], digits: number) =>
        arms.forEach((arm, i) => {
          expect(Number(of(arm, metric).value)).toBeCloseTo(expected[i]!, digits);
        });
      near("visit", [0.182757, 0.1514, 0.106167], 6);
      near("conversion", [0.012531, 0.008837, 0.005726], 6);
      near("spend", [1.42262, 1.0772, 0.65279], 5);
      expect(Number(of("Mens E-Mail", "visit").z)).toBeCloseTo(22.48604, 5);
      expect(Number(of("Womens E-Mail", "visit").z)).toBeCloseTo(13.94918, 5);
    },
  );

  it.skipIf(!existsSync(join(DATA, "event_stream.csv")))(
    "gives the known counts of the published event stream",
    async () => {
      expect((await at.cli("run", "event-stream", "--file", join(DATA, "event_stream.csv"))).code).toBe(0);
      const [total] = await at.query("select sum(event_count)::bigint as n from agg_event_type");
      expect(Number(total!.n)).toBe(10_000);
    },
  );
});

async function counts(at: Installation): Promise<Record<string, number>> {
  const rows = await at.query(
    "select event_type, sum(event_count)::bigint as n from agg_event_type group by 1",
  );
  return Object.fromEntries(rows.map((row) => [String(row.event_type), Number(row.n)]));
}

/** Rows without the pass, which is what a second reading changes. */
function plain(rows: readonly string[]): string[] {
  return rows.map((row) => row.replace(/"pass":"?\d+"?,?/, "")).toSorted();
}
