import { writeFile } from "node:fs/promises";
import path from "node:path";
import { addDays } from "@lifecycle/contracts";
import { type Evaluation, evaluateExperiments } from "@lifecycle/experiments";
import { type AdClickRow, adClicks } from "@lifecycle/simulation";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuiltModels, run } from "../integration/experiments-support/built-models.ts";
import { definitionsFor, filePipeline, loadFile } from "../integration/experiments-support/file-pipeline.ts";

const pipeline = filePipeline("ad-clicks");
const assignments = filePipeline("assignments");
const ID = "main__file__ad-clicks";

let models: BuiltModels;
let pass = 0;
beforeAll(async () => {
  models = await BuiltModels.open();
}, 120_000);
afterAll(() => models?.close());

/** Reads rows as the newest file, which replaces the one before it whole. */
async function evaluate(rows: Iterable<object>): Promise<Evaluation> {
  pass++;
  const uri = path.join(models.folder, `clicks-${pass}.csv`);
  await writeFile(uri, csv(rows));
  await loadFile(models, pipeline, pass, uri);
  await models.build();
  return judge();
}

const judge = () =>
  evaluateExperiments({
    warehouse: models.warehouse,
    experimentIds: [ID],
    definitions: definitionsFor(pipeline, assignments),
  });

function csv(rows: Iterable<object>): string {
  const all = [...rows];
  return [Object.keys(all[0]!), ...all.map((row) => Object.values(row))]
    .map((cells) => `${cells.join(",")}\n`)
    .join("");
}

const sample = (users: number): AdClickRow[] => [...adClicks({ seed: 3, users })];

describe("an advertisement test over generated rows", () => {
  it("recovers what was planted, day by day and group by group, and the same when it is read again", async () => {
    const rows = sample(20_000);
    const first = await evaluate(rows);
    const of = (group: string) => rows.filter(({ experiment_group }) => experiment_group === group);
    const clicks = (group: string) => of(group).filter(({ clicked }) => clicked === 1).length;
    const treatment = first.results.find(
      ({ arm_id, segment }) => arm_id === "treatment" && segment === "all",
    )!;
    expect(treatment).toMatchObject({
      n: of("treatment").length,
      x: clicks("treatment"),
      control_x: clicks("control"),
    });
    expect(treatment).toMatchObject({ verdict: "win", decision: "ship" });
    expect(Math.abs(treatment.value! - 0.18)).toBeLessThan(4 * Math.sqrt((0.18 * 0.82) / 10_000));
    expect(first.results.filter(({ segment }) => segment.startsWith("device=")).length).toBe(6);
    expect(await evaluate(rows)).toEqual(first);
  });

  it("takes each declared look once, from the history as it lies in the warehouse", async () => {
    const reviewed = definitionsFor(pipeline);
    const { ended: _, ...design } = reviewed.experiments[ID]!;
    const plan = {
      ...design,
      planned_units: 4_000,
      looks: { kind: "group_sequential", at: [0.5, 1] } as const,
    };
    const definitions = {
      ...reviewed,
      experiments: { [ID]: { ...plan, looks: { ...plan.looks, spending: "obf" as const, at: [0.5, 1] } } },
    };
    const looks: unknown[] = [];
    for (const [i, users] of [1_000, 2_200, 2_200, 3_000, 4_000, 4_000].entries()) {
      await evaluate(sample(users));
      const { warehouse } = models;
      const runId = `main__looks__all__p${i + 1}`;
      const said = await evaluateExperiments({ warehouse, experimentIds: [ID], definitions, runId });
      // The same run once more, as after a crash, says the same again.
      const of = run(i + 1, "all", "looks");
      await models.load(
        "raw_experiment_verdict",
        of,
        said.newVerdicts.map((row) => ({ ...row })),
      );
      const retried = await evaluateExperiments({ warehouse, experimentIds: [ID], definitions, runId });
      expect(retried).toEqual(said);
      looks.push([said.verdicts[0]!.look, said.verdicts[0]!.units, said.newVerdicts.length]);
    }
    expect(looks).toEqual([
      [null, 1_000, 1],
      [1, 2_200, 1],
      [1, 2_200, 0],
      [1, 2_200, 0],
      [2, 4_000, 1],
      [2, 4_000, 0],
    ]);
  });

  it("goes on by the sequence it was judged by first, from the history as it lies in the warehouse", async () => {
    const reviewed = definitionsFor(pipeline);
    const { ended: _, ...design } = reviewed.experiments[ID]!;
    const sequence = { kind: "confidence_sequence", expected_units: 2_000 } as const;
    const said = async (pass: number, looks: typeof sequence | undefined) => {
      const own = { ...design, min_days: 0, ...(looks ? { looks } : { planned_units: 1_200 }) };
      const { warehouse } = models;
      const of = run(pass, "all", "kept");
      const definitions = { ...reviewed, experiments: { [ID]: own } };
      const found = await evaluateExperiments({
        warehouse,
        experimentIds: [ID],
        definitions,
        runId: of._run_id,
      });
      const rows = found.newVerdicts.map((row) => ({ ...row }));
      await models.load("raw_experiment_verdict", of, rows);
      return found.verdicts[0];
    };
    await evaluate(sample(1_100));
    expect(await said(1, sequence)).toMatchObject({ looks: "confidence_sequence", expected_units: 2_000 });
    await evaluate(sample(1_200));
    // Judged twice since: the first verdict, of all there are, is the one that counts.
    for (const pass of [2, 3])
      expect(await said(pass, undefined)).toMatchObject({
        looks: "confidence_sequence",
        expected_units: 2_000,
        look: null,
      });
  });

  it("counts a user of several impressions once, and an event id once", async () => {
    const rows = sample(2_000);
    const again = rows
      .slice(0, 500)
      .map((row) => ({ ...row, event_id: `${row.event_id}-b`, clicked: 0, clicked_at: "" }));
    const { results, health } = await evaluate([...rows, ...rows.slice(0, 100), ...again]);
    const units = (group: string) =>
      results.filter(({ segment }) => segment === group).reduce((sum, { n }) => sum + n!, 0);
    expect([units("all"), units("message=1"), units("message=2")]).toEqual([2_000, 2_000, 500]);
    const second = results.find(({ segment, arm_id }) => segment === "message=2" && arm_id === "treatment");
    expect(second).toMatchObject({ x: 0, control_x: 0 });
    const first = results.find(({ segment, arm_id }) => segment === "message=1" && arm_id === "treatment");
    expect(first?.notes ?? "").not.toContain("conditional_on_reach");
    expect(first?.effect).toBeCloseTo(
      results.find(({ segment, arm_id }) => segment === "all" && arm_id === "treatment")!.effect!,
      12,
    );
    expect(health.find(({ check_name }) => check_name === "duplicate_units")?.status).toBe("pass");
  });

  it("leaves out who can still click: over all, in every group and by message", async () => {
    const rows = sample(6_000);
    const again = rows.slice(0, 1_500).map((row) => {
      const shown_at = new Date(Date.parse(row.shown_at) + 86_400_000).toISOString();
      return { ...row, event_id: `${row.event_id}-b`, shown_at, clicked: 0, clicked_at: "" };
    });
    await evaluate([...rows, ...again]);
    const reviewed = definitionsFor(pipeline);
    const own = { ...reviewed.experiments[ID]!, maturity_days: 5 };
    const { warehouse } = models;
    const definitions = { ...reviewed, experiments: { [ID]: own } };
    const { results } = await evaluateExperiments({ warehouse, experimentIds: [ID], definitions });
    const day = ({ shown_at }: AdClickRow) => shown_at.slice(0, 10);
    const newest = rows.map(day).reduce((a, b) => (a > b ? a : b));
    const judged = (all: AdClickRow[]) => all.filter((row) => day(row) <= addDays(newest, -5));
    const groups = [
      ["all", rows],
      ["message=1", rows],
      ["message=2", again],
      ...["mobile", "desktop", "tablet"].map((name) => [
        `device=${name}`,
        rows.filter(({ device }) => device === name),
      ]),
    ] as [string, AdClickRow[]][];
    for (const [segment, all] of groups) {
      const of = (some: AdClickRow[]) =>
        some.filter(({ experiment_group }) => experiment_group === "treatment");
      const [counted, everybody] = [of(judged(all)), of(all)];
      expect(counted.length, segment).toBeGreaterThan(100);
      const row = results.find((one) => one.segment === segment && one.arm_id === "treatment");
      expect(row, segment).toMatchObject({
        n: counted.length,
        x: counted.filter(({ clicked }) => clicked === 1).length,
        units_maturing: everybody.length - counted.length,
      });
    }
  });

  it("is invalid when too many users were seen in both groups", async () => {
    const rows = sample(4_000);
    const crossed = rows.slice(0, 200).map((row) => ({
      ...row,
      event_id: `${row.event_id}-b`,
      experiment_group: row.experiment_group === "control" ? "treatment" : "control",
    }));
    const { verdicts, results, health } = await evaluate([...rows, ...crossed]);
    expect(verdicts).toMatchObject([
      { decision: "invalid", reason: "contamination", verdict: "insufficient" },
    ]);
    expect(health.find(({ check_name }) => check_name === "contamination")?.value).toBeCloseTo(0.05, 6);
    expect(results.every(({ verdict }) => verdict === null || verdict === "insufficient")).toBe(true);
  });

  it("is invalid when the split is not as planned", async () => {
    const rows = sample(20_000).filter((row, i) => row.experiment_group === "control" || i % 8 > 0);
    const { verdicts } = await evaluate(rows);
    expect(verdicts).toMatchObject([
      { decision: "invalid", reason: "srm", problems: expect.stringContaining("srm") },
    ]);
  });

  it("finds crossing users through a file of assignments too", async () => {
    const rows = sample(2_000);
    const uri = path.join(models.folder, "assignments.csv");
    const other = (group: string) => (group === "control" ? "treatment" : "control");
    await writeFile(
      uri,
      csv(
        rows.slice(0, 100).map((row) => ({
          experiment: "file__ad-clicks",
          unit_id: row.user_id,
          arm_id: other(row.experiment_group),
          assigned_at: "2025-12-31 00:00:00",
        })),
      ),
    );
    await loadFile(models, assignments, 1, uri);
    const { verdicts } = await evaluate(rows);
    await writeFile(uri, csv([{ experiment: "file__none", unit_id: "u", arm_id: "a", assigned_at: "" }]));
    await loadFile(models, assignments, 2, uri);
    expect(verdicts).toMatchObject([{ decision: "invalid", reason: "contamination" }]);
    const [first] = await models.rows("exp_assignment", "arms_seen, unit_id", "arms_seen > 1");
    expect(first).toMatchObject({ arms_seen: 2 });
  });

  it("is invalid when a metric gives a unit two values", async () => {
    await evaluate(sample(2_000));
    const { build } = models.warehouse.datasets;
    const doubled = `SELECT * FROM ${build}.exp_unit_metric`;
    await models.warehouse.materialise({
      table: "exp_unit_metric",
      sql: `${doubled} UNION ALL (${doubled} ORDER BY unit_id LIMIT 7)`,
      jobId: "doubled",
    });
    await models.rebuild("int_experiment_arm_activity");
    const { verdicts } = await judge();
    expect(verdicts).toMatchObject([
      { decision: "invalid", problems: expect.stringContaining("duplicate_unit_rows") },
    ]);
  });
});
