import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Evaluation, evaluateExperiments } from "@lifecycle/experiments";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuiltModels } from "./experiments-support/built-models.ts";
import { definitionsFor, filePipeline, loadFile } from "./experiments-support/file-pipeline.ts";

const FILE = path.resolve(import.meta.dirname, "../../../shared/data/hillstrom.csv");
const reference = JSON.parse(
  readFileSync(path.resolve(import.meta.dirname, "../fixtures/hillstrom-scipy.json"), "utf8"),
) as {
  cap: number;
  capped_units: number;
  srm_p: number;
  rows: ({ metric: string; arm: string } & Record<string, number | string>)[];
};

// The published file lies beside the repository and is no part of it.
describe.skipIf(!existsSync(FILE))("the published e-mail test, against scipy's figures", () => {
  let models: BuiltModels;
  let evaluation: Evaluation;
  beforeAll(async () => {
    models = await BuiltModels.open();
    const hillstrom = filePipeline("hillstrom");
    await loadFile(models, hillstrom, 1, FILE);
    await models.build();
    evaluation = await evaluateExperiments({
      warehouse: models.warehouse,
      experimentIds: ["main__file__hillstrom"],
      definitions: definitionsFor(hillstrom),
    });
  });
  afterAll(() => models?.close());

  it.each(reference.rows)("$metric of $arm", ({ metric, arm, ...figures }) => {
    const row = evaluation.results.find(
      (one) => one.metric === metric && one.arm_id === arm && one.segment === "all",
    );
    for (const [name, expected] of Object.entries(figures)) {
      const got = Number(row?.[name as keyof typeof row]);
      expect(Math.abs(got - Number(expected)), name).toBeLessThanOrEqual(1e-6 * Math.abs(Number(expected)));
    }
  });

  it("cuts spend at P99.9 of those who spent, all arms together (in this file that is its largest value)", () => {
    const capped = evaluation.results.filter(({ metric }) => metric === "spend_capped");
    expect(new Set(capped.map(({ cap_value }) => cap_value))).toEqual(new Set([reference.cap]));
    expect(capped.reduce((sum, row) => sum + Number(row.capped_units), 0)).toBe(reference.capped_units);
  });

  it("finds the split as planned, and the arms alike before the mails", () => {
    const check = (name: string) => evaluation.health.find(({ check_name }) => check_name === name);
    expect(check("srm")?.value).toBeCloseTo(reference.srm_p, 9);
    expect(check("pre_period")?.status).toBe("pass");
  });

  it("gives a verdict per arm: both mails may be shipped, and the one for men does better", () => {
    const said = evaluation.verdicts.map(({ arm_id, decision, is_winner, tied_with }) => [
      arm_id,
      decision,
      is_winner,
      tied_with,
    ]);
    expect(said).toEqual([
      ["Mens E-Mail", "ship", true, null],
      ["Womens E-Mail", "ship", false, null],
    ]);
    expect(evaluation.verdicts[1]?.explanation).toContain("Mens E-Mail does better still");
  });
});
