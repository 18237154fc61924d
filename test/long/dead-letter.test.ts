import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Fleet, type Installation, install, LOST_SOON, until } from "../e2e/support/installation.ts";
import { ask, settled } from "../e2e/support/runs.ts";
import { askedWindows } from "../e2e/support/sandbox-log.ts";
import { expectTruth, fetchTruth } from "../e2e/support/truth.ts";

const NOW = "2026-06-30T12:00:00Z";
const WINDOW = { from: "2026-06-01", until: "2026-07-01" };
const DAYS = { from: "2026-06-01", to: "2026-06-30" };
const RUN = "main__braze__20260601-20260701";

describe("work that was given up", () => {
  let at: Installation;
  let url: string;
  let fleet: Fleet;
  let broken: { id: string; name: string }[];
  beforeAll(async () => {
    at = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW, ...LOST_SOON });
    const world = ["--time-zone", "UTC", "--campaigns", "12", "--canvases", "3"];
    ({ url } = await at.sandbox("--now", NOW, ...world));
    const { campaigns } = await fetchTruth(url, DAYS);
    broken = campaigns.slice(0, 3).map(({ campaign_id, name }) => ({ id: campaign_id, name }));
    await breakDown(broken.map(({ id }) => id));
    fleet = await at.fleet("--workers", "1");
    expect((await settled(at, await ask(at, WINDOW))).status).toBe("partial");
  });
  afterAll(() => at.close());

  const breakDown = (ids: string[]) =>
    fetch(`${url}/__sandbox/faults`, {
      method: "POST",
      body: JSON.stringify({ broken: ids }),
      headers: { "content-type": "application/json" },
    });
  const list = async (...flags: string[]) => (await at.cli("dead-letter", "list", ...flags)).stdout;

  it("is listed with its reason, by queue, reason and campaign", async () => {
    const all = await list();
    for (const { name } of broken) expect(all).toContain(`${name} (campaigns-data-series)`);
    expect(all).toContain("braze.server_error");
    const queue = "extract-main-campaigns_data_series";
    const ofQueue = await list("--queue", queue, "--reason", "braze");
    expect(ofQueue.split("\n").filter((line) => line.startsWith(RUN))).toHaveLength(3);
    const one = await list("--campaign", broken[1]!.id, "--queue", queue);
    expect(one.split("\n").filter((line) => line.startsWith(RUN))).toHaveLength(1);
    expect(await list("--reason", "braze.key_rejected")).toContain("Nothing is missing");
  });

  it("is not decided about by accident", async () => {
    for (const command of ["retry", "drop"]) {
      expect(await at.cli("dead-letter", command)).toMatchObject({
        code: 64,
        stderr: expect.stringContaining("--all"),
      });
      expect((await at.cli("dead-letter", command, "--queue", "nonsense")).code).toBe(64);
    }
  });

  it("is done without when it is dropped: listed no more, and no later pass takes it up", async () => {
    expect((await at.cli("dead-letter", "drop", "--campaign", broken[0]!.id)).code).toBe(0);
    expect(await list()).not.toContain(broken[0]!.name);
    await breakDown([]);
    await fetch(`${url}/__sandbox/stats/reset`, { method: "POST" });
    const { code, stdout } = await at.cli("dead-letter", "retry", "--reason", "braze.server_error");
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(`${RUN}__p2`) });
    expect((await settled(at, `${RUN}__p2`)).status).toBe("complete");
    const asked = new Set((await askedWindows(url)).map(({ objectId }) => objectId));
    expect(asked).toEqual(new Set(broken.slice(1).map(({ id }) => id)));
    expect(await list()).toContain("Nothing is missing");
    await expectTruth(at, url, DAYS, { without: [broken[0]!.id] });
  });

  it("is tried again while its run is open, and loaded by that run or by the pass after it", async () => {
    await breakDown([broken[1]!.id]);
    const runId = await ask(at, WINDOW, { full: true });
    await until(async () => (await at.ledger.readDeadLetters(runId)).length >= 2, "both letters");
    await fleet.kill("warehouse");
    await breakDown([]);
    const { code, stdout } = await at.cli("dead-letter", "retry", "--run", runId);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(RUN) });
    await until(async () => (await at.ledger.listUnsettled()).length === 0, "the end of all passes");
    expect(await list()).toContain("Nothing is missing");
    await expectTruth(at, url, DAYS);
  });

  it("a whole run is done again by replay, every day of it", async () => {
    await fetch(`${url}/__sandbox/stats/reset`, { method: "POST" });
    const { code, stdout } = await at.cli("replay", `${RUN}__p1`);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/Run .*__p[45]\n/) });
    expect(new Set((await askedWindows(url)).map(({ from }) => from))).toContain(WINDOW.from);
    await expectTruth(at, url, DAYS);
    expect((await at.cli("replay", "main__braze__20200101-20200102__p1")).code).toBe(64);
    await fleet.stop();
  });
});
