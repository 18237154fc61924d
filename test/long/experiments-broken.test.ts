import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Campaign, createWorld, DEFECTS, type Defect } from "@lifecycle/simulation";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { stringify } from "yaml";
import { type Installation, install, PROJECT } from "../e2e/support/installation.ts";

const NOW = "2026-06-30T12:00:00Z";
const CAMPAIGNS = 80;
const USERS = 400_000;

/** What must be said of a test that is broken in this way: the reason of the verdict, and the code of the check that found it. */
const EXPECTED: Record<Defect, { reason: string; code: string }> = {
  split: { reason: "srm", code: "srm" },
  crossing: { reason: "contamination", code: "contamination" },
  control_opens: { reason: "data_error", code: "control_received_messages" },
  stopped_sends: { reason: "data_error", code: "arm_stopped" },
};

const world = createWorld({
  seed: "1",
  campaigns: CAMPAIGNS,
  canvases: 0,
  days: 60,
  users: USERS,
  nowMs: Date.parse(NOW),
  timeZone: "UTC",
  defects: DEFECTS,
});
const idOf = (campaign: Campaign) => `main__campaign__${campaign.id}`;
const compared = world
  .campaigns(Date.parse(NOW))
  .filter((campaign) => campaign.arms.some(({ isControl }) => isControl));

/** Tests broken in the sandbox, through the API, landing, models and judgement, as they would be broken in Braze. */
describe("tests that are broken in the source", () => {
  let at: Installation;
  let config: string;
  const said = new Map<string, Record<string, unknown>[]>();
  beforeAll(async () => {
    config = await mkdtemp(join(tmpdir(), "lifecycle-config-"));
    await cp(join(PROJECT, "config"), config, { recursive: true });
    await writeFile(join(config, "experiments.yaml"), stringify({ experiments: declared() }));
    at = await install(inject("redisUrl"), {
      LIFECYCLE_NOW: NOW,
      LIFECYCLE__PIPELINES__PATH: join(config, "pipelines"),
    });
    const sizes = [
      "--campaigns",
      `${CAMPAIGNS}`,
      "--canvases",
      "0",
      "--days",
      "60",
      "--users",
      `${USERS}`,
      "--time-zone",
      "UTC",
    ];
    const { url } = await at.sandbox("--now", NOW, ...sizes, "--defects", "all");
    await at.fleet("--workers", "2");
    expect(await at.cli("run", "braze")).toMatchObject({ code: 0 });
    const file = join(at.home, "assignments.csv");
    const answer = await fetch(`${url}/__sandbox/assignments`);
    await writeFile(file, await answer.text());
    const assigned = await at.cli("run", "assignments", "--file", file);
    expect(assigned.code, assigned.stdout + assigned.stderr).toBe(0);
    const rows = await at.query(
      "select experiment_id, decision, reason, verdict, problems, explanation from exp_verdict_history where is_newest",
    );
    for (const [id, own] of Map.groupBy(rows, ({ experiment_id }) => String(experiment_id)))
      said.set(id, own);
  }, 600_000);
  afterAll(async () => {
    await at?.close();
    await rm(config, { recursive: true, force: true });
  });

  it.each(DEFECTS)("are invalid for the right reason: %s", (defect) => {
    const broken = compared.filter((campaign) => campaign.defect === defect);
    expect(broken.length).toBeGreaterThan(1);
    for (const campaign of broken) {
      for (const verdict of said.get(idOf(campaign)) ?? [{}]) {
        const { reason, code } = EXPECTED[defect];
        expect(verdict, campaign.name).toMatchObject({
          decision: "invalid",
          reason,
          verdict: "insufficient",
        });
        expect(String(verdict.problems).split(","), campaign.name).toContain(code);
      }
    }
  });

  it("and no other test is", () => {
    const sound = compared.filter(({ defect }) => defect === null);
    expect(sound.length).toBeGreaterThan(8);
    for (const campaign of sound) {
      for (const verdict of said.get(idOf(campaign)) ?? [{}])
        expect(verdict.decision, `${campaign.name}: ${verdict.explanation}`).toMatch(/^(?!invalid)/);
    }
  });
});

/** What Braze does not expose: the planned shares, and that nobody gets these twice. */
function declared(): Record<string, unknown> {
  return Object.fromEntries(
    compared.map((campaign) => [
      idOf(campaign),
      {
        repeat_sends: "no",
        planned_shares: Object.fromEntries(
          campaign.messages.map(({ id, arm }) => [id, campaign.arms[arm]!.allocation]),
        ),
      },
    ]),
  );
}
