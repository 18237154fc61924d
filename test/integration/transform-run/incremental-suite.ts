import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brazeTables } from "@lifecycle/braze";
import { ledgerTables } from "@lifecycle/ingest";
import {
  type CompiledModel,
  type CompiledProject,
  loadCompiler,
  type ModelOutcome,
  qualityResultTable,
  runModels,
  schemaChangeTable,
  selectModels,
} from "@lifecycle/transform";
import type { Warehouse } from "@lifecycle/warehouse";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PartsOf } from "./engines.ts";

const SQL = join(import.meta.dirname, "../../../sql");
const TABLES = [...brazeTables, ...ledgerTables, qualityResultTable, schemaChangeTable];
const DAYS = 12;

/** What holds of builds of parts, on the engine given. */
export function describeParts({ engine, open, steps, seeds }: PartsOf): void {
  let project: CompiledProject;
  let models: CompiledModel[];
  let folder: string;
  let warehouse: Warehouse;
  let dispose: () => Promise<void>;

  beforeAll(async () => {
    const { compileProject, loadProject } = await loadCompiler();
    project = compileProject(await loadProject({ sqlDir: SQL }), { engine, dataset: "ds" });
    const parts = project.models.filter((model) => model.part !== null).map(({ name }) => `+${name}`);
    const wanted = new Set(selectModels(project, parts.join(" ")));
    models = project.models.filter((model) => wanted.has(model.name));
  });
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "lifecycle-incremental-"));
    ({ warehouse, dispose } = await open(folder));
    await warehouse.bootstrap(TABLES);
  });
  afterEach(async () => {
    await dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Numbers below a bound, the same for the same seed (Park and Miller). */
  function dice(seed: number): (below: number) => number {
    let state = (seed * 7_919 + 1) % 2_147_483_647;
    return (below) => {
      state = (state * 48_271) % 2_147_483_647;
      return state % below;
    };
  }

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
    const { columns } = TABLES.find((candidate) => candidate.table === table)!;
    const uri = join(folder, `${table}-${loadId}.ndjson`);
    const at = new Date(Date.UTC(2026, 1, 1, 0, minute++)).toISOString();
    const stamps = { workspace: "main", data_state: state, pass: 1, _run_id: loadId, _load_id: loadId };
    const text = rows.map((row) => JSON.stringify({ ...row, ...stamps, _extracted_at: at }));
    writeFileSync(uri, text.map((line) => `${line}\n`).join(""));
    const file = {
      uri,
      format: "ndjson",
      codec: "none",
      rows: rows.length,
      sizeBytes: 1,
      target: table,
    } as const;
    await warehouse.load({ loadId, table, columns, files: [file], disposition: "append" });
  }

  let runs = 0;
  const run = (compiled = project) =>
    runModels(compiled, {
      warehouse,
      select: models.map(({ name }) => name),
      runId: `r${++runs}`,
      onFailure: "report",
    });

  const sorted = async (table: string) => {
    const { rows } = await warehouse.query(`SELECT * FROM ds_build.${table}`, { maxRows: 100_000 });
    return rows.map((row) => JSON.stringify(row)).toSorted();
  };

  let wholes = 0;

  /** Rows that differ between each table and the same select run over everything now. Its inputs are compared the same way. */
  async function differences(): Promise<Record<string, number>> {
    const found: Record<string, number> = {};
    for (const model of models.filter(({ part, materialized }) => part && materialized !== "ephemeral")) {
      const columns = model.contract ? { columns: model.contract } : {};
      await warehouse.materialise({ table: "whole", sql: model.sql, ...columns, jobId: `whole-${++wholes}` });
      const [built, whole] = [await sorted(model.name), await sorted("whole")];
      found[model.name] =
        built.length === whole.length
          ? built.filter((row, i) => row !== whole[i]).length
          : built.length + whole.length;
    }
    return found;
  }

  const isFailedTest = (outcome: ModelOutcome) => outcome.error?.code === "transform.tests_failed";

  describe("a build of parts gives the rows of a full one", () => {
    test.each(seeds)(
      "after any sequence of loads, seed %i",
      async (seed) => {
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
          const outcomes = await run(untested);
          expect(outcomes.filter(({ status }) => status === "failed" || status === "blocked")).toEqual([]);
          for (const { action } of outcomes) actions[action] = (actions[action] ?? 0) + 1;
          const differing = Object.entries(await differences()).filter(([, rows]) => rows > 0);
          expect({ step, differing }).toEqual({ step, differing: [] });
        }
        // Otherwise nothing was shown.
        expect(actions.partitions).toBeGreaterThan(steps * 2);
        expect(actions.whole).toBeGreaterThan(0);
        expect(actions.skip).toBeGreaterThan(0);
      },
      120_000,
    );
  });

  describe("what is rebuilt", () => {
    const dated = (n: number, campaign = "c1") => ({
      campaign_id: campaign,
      activity_date: day(n),
      unique_recipients: 5,
      revenue: "1",
    });
    const acts = (outcomes: readonly ModelOutcome[]) =>
      Object.fromEntries(
        outcomes
          .filter(({ status }) => status !== "unchanged")
          .map(({ name, action, partitions }) => [name, partitions?.join() ?? action]),
      );
    const campaign = (name: string) => ({ campaign_id: "c1", name, tags: [], is_api_campaign: false });

    test("a late row rebuilds its day in each model that depends on it, and nothing else", async () => {
      await load("raw_campaign", "list", [campaign("Spring")]);
      await load(
        "raw_campaign_daily",
        "first",
        Array.from({ length: 30 }, (_, n) => dated(n)),
        "closed",
      );
      await run();
      expect(acts(await run())).toEqual({});
      await load("raw_campaign_daily", "late", [dated(3, "c2")], "closed");
      expect(acts(await run())).toEqual({
        stg_braze__campaign_daily: day(3),
        agg_campaign_daily: day(3),
      });
      expect((await warehouse.query("SELECT count(*) FROM ds_build.agg_campaign_daily")).rows).toEqual([
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
      await run();
      expect(acts(await run())).toEqual({});
      await load("raw_canvas_step_daily", "late-step", [step(2, "s2")], "closed");
      await load("raw_session_hourly", "late-hour", [hour(4)], "closed");
      expect(acts(await run())).toEqual({
        stg_braze__canvas_step_daily: day(2),
        int_canvas_step: "whole",
        int_canvas_step_message_daily: day(2),
        agg_canvas_step_daily: day(2),
        stg_braze__session_hourly: day(4),
        agg_activity_hourly: day(4),
      });
      expect(Object.values(await differences()).every((rows) => rows === 0)).toBe(true);
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
      await run();
      await load("raw_campaign", "list-2", [campaign("Spring")]);
      expect(acts(await run()).agg_campaign_daily).toBeUndefined();
      const name = "Summer'); DROP TABLE ds_build.agg_campaign_daily; --";
      await load("raw_campaign", "list-3", [campaign(name)]);
      expect(acts(await run()).agg_campaign_daily).toBe(`${day(1)},${day(2)}`);
      const named = await warehouse.query(
        "SELECT DISTINCT campaign_name FROM ds_build.agg_campaign_daily WHERE campaign_name IS NOT NULL",
      );
      expect(named.rows).toEqual([[name]]);
    });

    test("a load that comes again with other rows rebuilds the whole of what read it", async () => {
      await load(
        "raw_campaign_daily",
        "first",
        Array.from({ length: 5 }, (_, n) => dated(n)),
      );
      await run();
      await load("raw_campaign_daily", "first", [dated(1)]);
      expect(acts(await run()).stg_braze__campaign_daily).toBe("whole");
      expect(Object.values(await differences()).some((rows) => rows > 0)).toBe(false);
    });

    test("a changed text rebuilds the model and what reads it; --full-refresh everything", async () => {
      await load("raw_campaign_daily", "first", [dated(1), dated(2), dated(3)]);
      await run();
      const changed = {
        ...project,
        models: project.models.map((model) =>
          model.name === "stg_braze__campaign_daily"
            ? { ...model, buildHash: "another", hash: "another" }
            : model,
        ),
      };
      const outcomes = await runModels(changed, {
        warehouse,
        select: models.map(({ name }) => name),
        runId: "x",
      });
      expect(Object.keys(acts(outcomes)).sort()).toEqual(["agg_campaign_daily", "stg_braze__campaign_daily"]);
      const all = await runModels(changed, {
        warehouse,
        select: models.map(({ name }) => name),
        runId: "y",
        fullRefresh: true,
      });
      expect(all.every(({ action }) => action === "whole")).toBe(true);
    });

    test("tests look only at the days that changed, and at all of a table that had not passed", async () => {
      await load("raw_campaign_daily", "first", [dated(1), dated(2), dated(3), dated(4)], "closed");
      expect((await run()).filter(isFailedTest)).toEqual([]);
      await load("raw_campaign_daily", "bad", [dated(2, "c9")], "never heard of");
      const [bad] = (await run()).filter(isFailedTest);
      expect(bad).toMatchObject({ name: "stg_braze__campaign_daily", partitions: [day(2)] });
      expect(bad!.tests.find(({ failures }) => failures > 0)).toMatchObject({
        name: "accepted_values_data_state",
        failures: 1,
      });
      await load("raw_campaign_daily", "other", [dated(3)], "closed");
      expect((await run()).filter(isFailedTest).map(({ name }) => name)).toEqual([
        "stg_braze__campaign_daily",
      ]);
      await load("raw_campaign_daily", "good", [dated(2, "c9")], "closed");
      expect((await run()).filter(({ status }) => status === "failed")).toEqual([]);
    });
  });
}
