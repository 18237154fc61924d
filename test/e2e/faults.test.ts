import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { CHROMIUM, openBrowser } from "../fixtures/browser.ts";
import { type Fleet, type Installation, install, PROJECT, until } from "./support/installation.ts";
import { ask, settled } from "./support/runs.ts";
import { expectTruth, fetchTruth } from "./support/truth.ts";

const NOW = "2026-06-30T12:00:00Z";
const WINDOW = { from: "2026-05-01", until: "2026-07-01" };
const DAYS = { from: "2026-05-01", to: "2026-06-30" };
const ARTIFACTS = join(PROJECT, "test-artifacts");

describe("a faulty Braze with one campaign that always errors", () => {
  let at: Installation;
  let fleet: Fleet;
  let url: string;
  let broken: { campaign_id: string; name: string };
  beforeAll(async () => {
    at = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW });
    ({ url } = await at.sandbox(
      "--now",
      NOW,
      "--time-zone",
      "UTC",
      "--fault",
      "500=0.05,cut=0.05,malformed=0.02",
    ));
    const truth = await fetchTruth(url, DAYS);
    broken = truth.campaigns.find(({ days }) => days.some((day) => Number(day.unique_recipients) > 0))!;
    await control("faults", { broken: [broken.campaign_id] });
    fleet = await at.fleet("--workers", "2");
  });
  afterAll(() => at.close());

  const control = (path: string, body: object) =>
    fetch(`${url}/__sandbox/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });

  it("ends partial, names the campaign, and has everything else exactly", async () => {
    const end = await settled(at, await ask(at, WINDOW));
    expect(end.status).toBe("partial");
    expect(new Set(end.missing.map(({ objectId }) => objectId))).toEqual(new Set([broken.campaign_id]));
    expect(end.missing[0]).toMatchObject({
      code: expect.stringMatching(/^braze\.(server_error|connection|malformed_body)$/),
      objectName: broken.name,
    });
    await expectTruth(at, url, DAYS, { without: [broken.campaign_id] });
    const { stdout } = await at.cli("status", end.runId);
    expect(stdout).toContain(broken.name);
  });

  it.skipIf(!CHROMIUM)(
    "is whole after its retry button was pressed on the board (skipped without Chromium)",
    async () => {
      await control("faults", { broken: [], "500": 0, cut: 0, malformed: 0 });
      const browser = await openBrowser();
      try {
        const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
        await page.goto(`${fleet.boardUrl}/admin/queues/`);
        await page
          .getByText("extract-main-campaigns_data_series")
          .or(page.getByText("campaigns_data_series"))
          .first()
          .waitFor();
        await page.goto(
          `${fleet.boardUrl}/admin/queues/queue/extract-main-campaigns_data_series?status=failed`,
        );
        await page.getByText(broken.campaign_id, { exact: false }).first().waitFor();
        await mkdir(ARTIFACTS, { recursive: true });
        await page.screenshot({ path: join(ARTIFACTS, "board-failed-job.png") });
        // The job's own buttons are icons without a name; the first one is retry.
        const retried = page.waitForResponse((response) => /\/retry/.test(response.url()));
        await page.locator('[class*="jobActions-"] button').first().click();
        await page.getByRole("button", { name: "Confirm" }).click();
        expect((await retried).ok()).toBe(true);
        const next = await until(
          async () => (await at.ledger.listRunIds()).find((id) => id.endsWith("__p2")),
          "the next pass",
        );
        const end = await settled(at, next);
        expect(end).toMatchObject({ status: "complete", missing: [] });
        await expectTruth(at, url, DAYS);
      } finally {
        await browser.close();
      }
    },
  );
});
