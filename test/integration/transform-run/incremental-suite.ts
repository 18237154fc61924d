import { brazeTables } from "@lifecycle/braze";
import { ledgerTables } from "@lifecycle/ingest";
import {
  type CompiledProject,
  type ModelOutcome,
  qualityResultTable,
  schemaChangeTable,
} from "@lifecycle/transform";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PartsOf } from "./engines.ts";
import { acts, compiledFor, dice, Parts } from "./parts.ts";

const TABLES = [...brazeTables, ...ledgerTables, qualityResultTable, schemaChangeTable];
const DAYS = 12;

/** What holds of builds of parts, on the engine given. Those over files: event-stream-suite.ts. */
export function describeParts(of: PartsOf): void {
  const { steps, seeds } = of;
  let project: CompiledProject;
  let parts: Parts;

  beforeAll(async () => {
    project = await compiledFor(of.engine);
  });
  beforeEach(async () => {
    const built = project.models.filter(
      (model) => model.part !== null && !model.tags.includes("event-stream"),
    );
    parts = await Parts.open(of, project, TABLES, built.map(({ name }) => `+${name}`).join(" "));
  });
  afterEach(() => parts.close());

  const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10);

  /** One row for a raw table: few keys and days, so that loads overlap; any column may be missing. */
  function randomRow(table: string, roll: (below: number) => number): Record<string, unknown> {
    const contract = TABLES.find((candidate) => candidate.table === table)!;
    const row: Record<string, unknown> = {};
    for (const { name, type } of contract.columns) {
      if (name === "activity_date") row[name] = day(roll(DAYS));
      else if (name === "payload") row[name] = roll(2) === 0 ? { a: 1 } : null;
      else if (/(_id|^name|^channel|^kpi|_name)$/.test(name)) row[name] = `${name[0]}${roll(3)}`;
      else if (roll(5) === 0) row[name] = null;
      else if (type === "INT64") row[name] = roll(4);
      else if (type === "NUMERIC") row[name] = `${roll(9)}.${roll(9)}`;
      else if (type === "BOOL") row[name] = roll(2) === 0;
      else if (type === "TIMESTAMP") row[name] = `${day(roll(DAYS))}T00:00:00Z`;
      else if (type === "JSON") row[name] = [{ channel: "email", sent: roll(5) }];
      else if (type === "STRING") row[name] = `s${roll(3)}`;
    }
    return row;
  }

  let minute = 0;
  const FILLED = [...new Set(TABLES.map(({ table }) => table))];

  /** Loads a few random rows under this load id; the same id again replaces them. */
  async function load(
    table: string,
    loadId: string,
    rows: readonly Record<string, unknown>[],
    state = "settling",
  ): Promise<void> {
    const at = new Date(Date.UTC(2026, 1, 1, 0, minute++)).toISOString();
    const stamps = { workspace: "main", data_state: state, pass: 1, _run_id: loadId, _extracted_at: at };
    await parts.load(
      table,
      loadId,
      rows.map((row) => ({ ...row, ...stamps })),
    );
  }

  const isFailedTest = (outcome: ModelOutcome) => outcome.error?.code === "transform.tests_failed";

  describe("a build of parts gives the rows of a full one", () => {
    test.each(seeds)("after any sequence of loads, seed %i", async (seed) => {
      const roll = dice(seed);
      const actions: Record<string, number> = {};
      // Random rows break tests of the models; here only the rows count, so tests are left out.
      const untested = { ...project, models: project.models.map((model) => ({ ...model, tests: [] })) };
      const known: string[] = [];
      for (let step = 0; step < steps; step++) {
        for (const table of FILLED) {
          if (step > 0 && roll(3) > 0) continue;
          const again = known.length > 0 && roll(12) === 0;
          const loadId = again ? known[roll(known.length)]! : `l${step}-${roll(1_000)}`;
          known.push(loadId);
          const count = step === 0 ? 40 : roll(4);
          await load(
            table,
            loadId,
            Array.from({ length: count }, () => randomRow(table, roll)),
          );
        }
        const outcomes = await parts.run({ project: untested });
        expect(outcomes.filter(({ status }) => status === "failed" || status === "blocked")).toEqual([]);
        for (const { action } of outcomes) actions[action] = (actions[action] ?? 0) + 1;
        expect({ step, differing: await parts.differences() }).toEqual({ step, differing: {} });
      }
      // Otherwise nothing was shown.
      expect(actions.partitions).toBeGreaterThan(steps * 2);
      expect(actions.whole).toBeGreaterThan(0);
      expect(actions.skip).toBeGreaterThan(0);
    });
  });

  describe("what is rebuilt", () => {
    const dated = (n: number, campaign = "c1") => ({
      campaign_id: campaign,
      activity_date: day(n),
      unique_recipients: 5,
      revenue: "1",
    });
    const campaign = (name: string) => ({ campaign_id: "c1", name, tags: [], is_api_campaign: false });

    test("a late row rebuilds its day in each model that depends on it, and nothing else", async () => {
      await load("raw_campaign", "list", [campaign("Spring")]);
      await load(
        "raw_campaign_daily",
        "first",
        Array.from({ length: 30 }, (_, n) => dated(n)),
        "closed",
      );
      await parts.run();
      expect(acts(await parts.run())).toEqual({});
      await load("raw_campaign_daily", "late", [dated(3, "c2")], "closed");
      expect(acts(await parts.run())).toEqual({
        stg_braze__campaign_daily: day(3),
        agg_campaign_daily: day(3),
      });
      expect((await parts.warehouse.query("SELECT count(*) FROM ds_build.agg_campaign_daily")).rows).toEqual([
        [31],
      ]);
    });

    test("so does one of a step or an hour, also when it brings a step nobody knew", async () => {
      const step = (n: number, id = "s1") => ({
        canvas_id: "v1",
        step_id: id,
        step_name: `Step ${id}`,
        activity_date: day(n),
        messages: [{ channel: "email", sent: 1 }],
      });
      const hour = (n: number) => ({
        activity_date: day(n),
        activity_hour: `${day(n)}T05:00:00Z`,
        sessions: 3,
      });
      const days = Array.from({ length: 20 }, (_, n) => n);
      await load(
        "raw_canvas_step_daily",
        "steps",
        days.map((n) => step(n)),
        "closed",
      );
      await load("raw_session_hourly", "hours", days.map(hour), "closed");
      await parts.run();
      expect(acts(await parts.run())).toEqual({});
      await load("raw_canvas_step_daily", "late-step", [step(2, "s2")], "closed");
      await load("raw_session_hourly", "late-hour", [hour(4)], "closed");
      expect(acts(await parts.run())).toEqual({
        stg_braze__canvas_step_daily: day(2),
        int_canvas_step: "whole",
        int_canvas_step_message_daily: day(2),
        agg_canvas_step_daily: day(2),
        stg_braze__session_hourly: day(4),
        agg_activity_hourly: day(4),
      });
      expect(await parts.differences()).toEqual({});
    });

    test("a new name rebuilds the days that show it; metadata that says the same rebuilds none", async () => {
      await load("raw_campaign", "list", [campaign("Spring")]);
      await load("raw_campaign_daily", "first", [
        dated(1),
        dated(2),
        dated(3, "c2"),
        dated(4, "c2"),
        dated(5, "c2"),
      ]);
      await parts.run();
      await load("raw_campaign", "list-2", [campaign("Spring")]);
      expect(acts(await parts.run()).agg_campaign_daily).toBeUndefined();
      const name = "Summer'); DROP TABLE ds_build.agg_campaign_daily; --";
      await load("raw_campaign", "list-3", [campaign(name)]);
      expect(acts(await parts.run()).agg_campaign_daily).toBe(`${day(1)},${day(2)}`);
      const named = await parts.warehouse.query(
        "SELECT DISTINCT campaign_name FROM ds_build.agg_campaign_daily WHERE campaign_name IS NOT NULL",
      );
      expect(named.rows).toEqual([[name]]);
    });

    test("a variation that becomes an arm, and one that turns out a control, rebuild their days of the experiment", async () => {
      const sent = (n: number, campaign: string, variation: string, more = {}) => ({
        campaign_id: campaign,
        variation_id: variation,
        channel: "email",
        activity_date: day(n),
        unique_recipients: 10,
        conversions_by_send_time: 1,
        ...more,
      });
      const others = Array.from({ length: 12 }, (_, n) => [sent(n, "c1", "a"), sent(n, "c1", "b")]).flat();
      await load("raw_campaign_variant_daily", "first", [...others, sent(2, "c2", "a"), sent(3, "c2", "a")]);
      await parts.run();
      const units = async () => {
        const { rows } = await parts.warehouse.query(
          `SELECT arm_id, CAST(activity_date AS STRING) AS day, n FROM ds_build.int_experiment_braze_daily
           WHERE experiment_id = 'main__campaign__c2' AND metric = 'conversion' ORDER BY day, arm_id`,
        );
        return rows;
      };
      expect(await units()).toEqual([]);
      await load("raw_campaign_variant_daily", "second", [sent(5, "c2", "b")]);
      const acted = acts(await parts.run());
      expect([acted.int_campaign_arm_daily, acted.int_experiment_braze_daily]).toEqual(
        Array(2).fill([2, 3, 5].map(day).join(",")),
      );
      expect(await units()).toEqual([
        ["a", day(2), 10],
        ["a", day(3), 10],
        ["b", day(5), 10],
      ]);
      await load("raw_campaign_variant_daily", "control", [
        sent(6, "c2", "a", { is_control: true, enrolled: 7 }),
      ]);
      await parts.run();
      expect(await units()).toEqual([
        ["b", day(5), 10],
        ["a", day(6), 7],
      ]);
      expect(await parts.differences()).toEqual({});
    });

    test("a load that comes again with other rows rebuilds the whole of what read it", async () => {
      await load(
        "raw_campaign_daily",
        "first",
        Array.from({ length: 5 }, (_, n) => dated(n)),
      );
      await parts.run();
      await load("raw_campaign_daily", "first", [dated(1)]);
      expect(acts(await parts.run()).stg_braze__campaign_daily).toBe("whole");
      expect(await parts.differences()).toEqual({});
    });

    test("a changed text rebuilds the model and what reads it; --full-refresh everything", async () => {
      await load("raw_campaign_daily", "first", [dated(1), dated(2), dated(3)]);
      await parts.run();
      const changed = {
        ...project,
        models: project.models.map((model) =>
          model.name === "stg_braze__campaign_daily"
            ? { ...model, buildHash: "another", hash: "another" }
            : model,
        ),
      };
      const outcomes = await parts.run({ project: changed });
      expect(Object.keys(acts(outcomes)).sort()).toEqual(["agg_campaign_daily", "stg_braze__campaign_daily"]);
      const all = await parts.run({ project: changed, fullRefresh: true });
      expect(all.every(({ action }) => action === "whole")).toBe(true);
    });

    test("tests look only at the days that changed, and at all of a table that had not passed", async () => {
      await load("raw_campaign_daily", "first", [dated(1), dated(2), dated(3), dated(4)], "closed");
      expect((await parts.run()).filter(isFailedTest)).toEqual([]);
      await load("raw_campaign_daily", "bad", [dated(2, "c9")], "never heard of");
      const [bad] = (await parts.run()).filter(isFailedTest);
      expect(bad).toMatchObject({ name: "stg_braze__campaign_daily", partitions: [day(2)] });
      expect(bad!.tests.find(({ failures }) => failures > 0)).toMatchObject({
        name: "accepted_values_data_state",
        failures: 1,
      });
      await load("raw_campaign_daily", "other", [dated(3)], "closed");
      expect((await parts.run()).filter(isFailedTest).map(({ name }) => name)).toEqual([
        "stg_braze__campaign_daily",
      ]);
      await load("raw_campaign_daily", "good", [dated(2, "c9")], "closed");
      expect((await parts.run()).filter(({ status }) => status === "failed")).toEqual([]);
    });
  });
}
