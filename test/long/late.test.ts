import { redisPrefix } from "@lifecycle/runtime";
import { Queue } from "bullmq";
import { afterAll, describe, expect, inject, it } from "vitest";
import { type Installation, install, until } from "../e2e/support/installation.ts";
import { ask, settled } from "../e2e/support/runs.ts";
import { expectTruth, fetchTruth } from "../e2e/support/truth.ts";

const NOW = "2026-06-30T12:00:00Z";
const WORLD = ["--now", NOW, "--time-zone", "UTC", "--campaigns", "12", "--canvases", "3"];
const WINDOW = { from: "2026-06-01", until: "2026-07-01" };
const DAYS = { from: "2026-06-01", to: "2026-06-30" };

describe("work that succeeds when its run has gone on without it", () => {
  let at: Installation;
  afterAll(() => at?.close());

  it("is loaded by the next pass, which nobody has to ask for", async () => {
    at = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW, LIFECYCLE__QUEUES__ATTEMPTS: "2" });
    const { url } = await at.sandbox(...WORLD);
    const truth = await fetchTruth(url, DAYS);
    const broken = truth.campaigns.find(({ days }) =>
      days.some((day) => Number(day.unique_recipients) > 0),
    )!.campaign_id;
    const faults = (body: object) =>
      fetch(`${url}/__sandbox/faults`, { method: "POST", body: JSON.stringify(body) });
    await faults({ broken: [broken] });
    const fleet = await at.fleet("--workers", "1");
    const runId = await ask(at, WINDOW);
    const letter = await until(
      async () =>
        (await at.ledger.readDeadLetters(runId)).find(({ resource }) => resource === "campaigns-data-series"),
      "the dead letter",
    );
    await until(
      async () => (await at.ledger.listLoaded(runId)).has("campaigns-data-series"),
      "the load without it",
    );
    await faults({ broken: [] });
    const queue = new Queue(letter.queue, {
      connection: { url: inject("redisUrl") },
      prefix: redisPrefix({ redis: {} as never, landing: { path: `${at.home}/data` } as never }),
    });
    await (await queue.getJob(letter.jobId))?.retry("failed", { resetAttemptsMade: true });
    await queue.close();

    const first = await settled(at, runId);
    expect(first.status).toBe("partial");
    const next = await until(
      async () => (await at.ledger.listRunIds()).find((id) => id.endsWith("__p2")),
      "the next pass",
    );
    expect(await settled(at, next)).toMatchObject({ status: "complete", missing: [] });
    await expectTruth(at, url, DAYS);
    await fleet.stop();
  });
});
