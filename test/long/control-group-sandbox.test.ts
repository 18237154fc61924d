import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BrazeSource } from "@lifecycle/braze";
import { addDays, ExperimentsConfig } from "@lifecycle/contracts";
import { controlGroupId, definitionsOf, evaluateExperiments } from "@lifecycle/experiments";
import { frozenClock } from "@lifecycle/runtime";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { install } from "../e2e/support/installation.ts";
import { openWorkspace, type Row, type TestWorkspace } from "../integration/braze-support/workspace.ts";
import { BuiltModels, run } from "../integration/experiments-support/built-models.ts";

const NOW = "2026-05-01T12:00:00Z";
const DAYS = 14;
const ID = controlGroupId("main");
const GROUP = "users-export-global-control-group";
const POPULATION = "users-export-segment";

/** A world of so many percent more purchases outside the group, read through the real client on two days, and judged. */
describe.each([100, 0])("all messages together bring %i percent more purchases", (messageLift) => {
  let at: TestWorkspace;
  let models: BuiltModels;
  let segment: string;
  beforeAll(async () => {
    const world = [
      "--days",
      "5",
      "--users",
      "5000000",
      "--segments",
      "4",
      "--campaigns",
      "0",
      "--canvases",
      "0",
    ];
    const flags = ["--now", NOW, "--export-delay-ms", "100", "--message-lift", String(messageLift)];
    at = await openWorkspace(inject("redisUrl"), ...world, ...flags);
    models = await BuiltModels.open({
      vars: { global_control_revenue_days: DAYS },
      select:
        "+int_experiment_arm_metric +int_experiment_arm_daily +int_experiment_arm_activity +int_global_control_group",
    });
    const sizes = await at.truth<{ segment_id: string; sizes: number[] }[]>("segments", at.window(1));
    segment = sizes.toSorted((a, b) => b.sizes.at(-1)! - a.sizes.at(-1)!)[0]!.segment_id;
    await exportOn(1);
    await exportOn(1 + DAYS);
    await models.build();
  }, 600_000);
  afterAll(async () => {
    await models?.close();
    await at?.close();
  });

  /** Both exports on that day of May, as one run lands them. */
  async function exportOn(day: number): Promise<void> {
    const now = `${addDays("2026-04-30", day)}T12:00:00Z`;
    await at.sandbox.control("clock", { now });
    const source = at.open({ clock: frozenClock(now) });
    const rows = [...(await usersOf(source, GROUP)), ...(await usersOf(source, POPULATION, segment))];
    await models.load("raw_user_export", run(day, "all", "braze"), rows);
  }

  it("is what its interval says, in money and in all", async () => {
    const config = ExperimentsConfig.parse({
      experiments: { [ID]: { planned_shares: { global_control_group: 3, everybody_else: 97 } } },
    });
    const { results, verdicts, health } = await evaluateExperiments({
      warehouse: models.warehouse,
      experimentIds: [ID],
      definitions: definitionsOf(config, [], ["main"]),
    });
    const row = results.find(({ metric, is_control }) => metric === `revenue_${DAYS}d` && !is_control)!;
    expect(row).toMatchObject({ status: "estimated", arm_id: "everybody_else", role: "primary" });
    expect(row.control_n!).toBeGreaterThan(500);
    const truth = messageLift / 100;
    const { lift, lift_low, lift_high } = row;
    process.stdout.write(
      `${JSON.stringify({ truth, lift, lift_low, lift_high, n: row.n, control_n: row.control_n })}\n`,
    );
    expect(lift_low!).toBeLessThan(truth);
    expect(lift_high!).toBeGreaterThan(truth);
    const brought = truth * row.control_value! * row.n!;
    expect(row.incremental_low!).toBeLessThan(brought);
    expect(row.incremental_high!).toBeGreaterThan(brought);
    expect(row.incremental).toBeCloseTo(row.effect! * row.n!, 3);
    expect(health.filter(({ status }) => status === "fail")).toEqual([]);
    expect(health.find(({ check_name }) => check_name === "srm")).toMatchObject({ status: "pass" });
    expect(verdicts[0]?.decision).toBe(messageLift > 0 ? "ship" : "keep_running");
  });
});

it("an export of a group with nobody in it is told, by the run that made it", async () => {
  const at = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW });
  try {
    const pipeline = { name: "braze", kind: "braze", resources: ["segments-list", GROUP], window_days: 5 };
    await writeFile(join(at.home, "config/pipelines/braze.yaml"), JSON.stringify(pipeline));
    const world = ["--now", NOW, "--users", "1000", "--segments", "4", "--campaigns", "0", "--canvases", "0"];
    const { url } = await at.sandbox(...world, "--export-delay-ms", "100");
    const truth = await fetch(`${url}/__sandbox/truth?only=global_control_group`);
    expect(await truth.json()).toMatchObject({ global_control_group: { size: 0 } });
    expect(await at.cli("run", "braze")).toMatchObject({ code: 0 });
    const said = await at.query(
      `select decision, problems from exp_verdict_history where is_newest and experiment_id = '${ID}'`,
    );
    expect(said).toEqual([{ decision: "invalid", problems: "group_not_exported" }]);
    expect((await at.cli("experiments", "show", ID)).stdout).toContain("has anybody in it");
  } finally {
    await at.close();
  }
});

/** The users of an export with the fields that are asked for by default. */
async function usersOf(source: BrazeSource, resource: string, objectId?: string): Promise<Row[]> {
  const rows: Row[] = [];
  const wanted = objectId === undefined ? {} : { objectId };
  for await (const page of source.extract(resource, wanted, { signal: AbortSignal.timeout(120_000) })) {
    expect(page.rejected).toEqual([]);
    for (const { row } of page.rows) rows.push(row);
  }
  return rows;
}
