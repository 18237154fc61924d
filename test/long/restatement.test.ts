import { rm } from "node:fs/promises";
import { join } from "node:path";
import { addDays } from "@lifecycle/contracts";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Installation, install } from "../e2e/support/installation.ts";
import { ask, publishedTables, settled } from "../e2e/support/runs.ts";
import { type Window as AskedWindow, askedWindows, moveClock } from "../e2e/support/sandbox-log.ts";
import { expectTruth } from "../e2e/support/truth.ts";

const FIRST_DAY = "2026-05-25";
const TODAY = "2026-06-30";
const noon = (day: string) => `${day}T12:00:00Z`;

describe("days that Braze restates", () => {
  let at: Installation;
  let url: string;
  let lookbackDays: Map<string, number>;
  beforeAll(async () => {
    at = await install(inject("redisUrl"), { LIFECYCLE_NOW: noon(TODAY) });
    const world = ["--time-zone", "UTC", "--campaigns", "16", "--canvases", "4"];
    ({ url } = await at.sandbox("--now", noon(TODAY), ...world));
    lookbackDays = await lookbacksOf(url);
  });
  afterAll(() => at.close());

  /** A run on a later day: the fleet's clock and the sandbox's move together. */
  async function runOn(day: string, window: { from: string; until: string }): Promise<AskedWindow[]> {
    await moveClock(url, noon(day));
    await fetch(`${url}/__sandbox/stats/reset`, { method: "POST" });
    at.env.LIFECYCLE_NOW = noon(day);
    const fleet = await at.fleet("--workers", "1");
    expect((await settled(at, await ask(at, window))).status).toBe("complete");
    await fleet.stop();
    return askedWindows(url);
  }

  it("are read whole the first time", async () => {
    const asked = await runOn(TODAY, { from: FIRST_DAY, until: addDays(TODAY, 1) });
    expect(new Set(asked.map(({ from }) => from))).toContain(FIRST_DAY);
    await expectTruth(at, url, { from: FIRST_DAY, to: TODAY });
  });

  it("are read again a day later only where they had not closed, and the day itself", async () => {
    const later = addDays(TODAY, 1);
    const asked = await runOn(later, { from: FIRST_DAY, until: addDays(later, 1) });
    const campaigns = asked.filter(({ path }) => path === "/campaigns/data_series");
    expect(campaigns).toHaveLength(16);
    for (const { objectId, from, until } of campaigns) {
      // Closed on the day before means: more finished days behind it than the campaign's longest window.
      const firstOpen = addDays(TODAY, -lookbackDays.get(objectId)!);
      expect({ objectId, from, until }).toEqual({
        objectId,
        from: firstOpen < FIRST_DAY ? FIRST_DAY : firstOpen,
        until: addDays(later, 1),
      });
    }
    expect(new Set(campaigns.map(({ from }) => from)).size).toBeGreaterThan(2);
    await expectTruth(at, url, { from: FIRST_DAY, to: later });
  });

  it("equal the final truth after the last conversion window, with no full refresh", async () => {
    const last = addDays(TODAY, 31);
    const asked = await runOn(last, { from: FIRST_DAY, until: addDays(last, 1) });
    // A campaign that was created since is new: all of its days are asked for.
    const known = asked.filter(({ objectId }) => lookbackDays.has(objectId));
    expect(known.length).toBeGreaterThan(10);
    for (const { from } of known) expect(from > FIRST_DAY).toBe(true);
    const now = new Set((await objectsOf(url)).map(({ id }) => id));
    const gone = (await objectsOf(url, true)).map(({ id }) => id).filter((id) => !now.has(id));
    await expectTruth(at, url, { from: FIRST_DAY, to: last }, { gone });
    const again = await runOn(last, { from: FIRST_DAY, until: addDays(TODAY, 1) });
    expect(again).toEqual([]);
    const states = await at.query(
      `select distinct data_state from agg_campaign_daily where activity_date <= '${TODAY}'
       and campaign_id not in (${[...gone, "none"].map((id) => `'${id}'`).join()})`,
    );
    expect(states).toEqual([{ data_state: "closed" }]);
  });

  it("are loaded again from landing when the warehouse was thrown away, and not asked for", async () => {
    const state = async () => ({
      ...(await publishedTables(at)),
      said: await at.table("exp_verdict_history"),
    });
    const before = await state();
    expect(before.said.length).toBeGreaterThan(0);
    await rm(join(at.home, "data/warehouse"), { recursive: true });
    const asked = await runOn(addDays(TODAY, 31), { from: "2026-06-01", until: "2026-06-02" });
    expect(asked).toEqual([]);
    expect(await state()).toEqual(before);
  });

  it("are read again when somebody asks for all of it", async () => {
    const day = addDays(TODAY, 31);
    at.env.LIFECYCLE_NOW = noon(day);
    await fetch(`${url}/__sandbox/stats/reset`, { method: "POST" });
    const { code } = await at.cli("run", "braze", "--from", FIRST_DAY, "--to", "2026-05-31", "--full");
    expect(code).toBe(0);
    const asked = await askedWindows(url);
    expect(new Set(asked.map(({ from, until }) => `${from} ${until}`))).toEqual(
      new Set([`${FIRST_DAY} 2026-06-01`]),
    );
  });
});

/** For how long each campaign may be restated, from what the sandbox planted. */
async function lookbacksOf(url: string): Promise<Map<string, number>> {
  const campaigns = (await objectsOf(url)).filter(({ isCampaign }) => isCampaign);
  return new Map(campaigns.map(({ id, windows }) => [id, Math.max(7, ...windows)]));
}

/** Campaigns and Canvases as they are now. */
async function objectsOf(url: string, withDeleted = false) {
  const response = await fetch(`${url}/__sandbox/truth?days=false&include_deleted=${withDeleted}`);
  const { campaigns, canvases } = (await response.json()) as Record<
    "campaigns" | "canvases",
    { campaign_id?: string; canvas_id?: string; conversion_window_days: number[] }[]
  >;
  return [...campaigns, ...canvases].map(({ campaign_id, canvas_id, conversion_window_days }) => ({
    id: campaign_id ?? canvas_id!,
    isCampaign: campaign_id !== undefined,
    windows: conversion_window_days,
  }));
}
