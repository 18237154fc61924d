import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Installation, install } from "../e2e/support/installation.ts";

const NOW = "2026-06-30T12:00:00Z";
const WORLD = [
  "--campaigns",
  "0",
  "--canvases",
  "4",
  "--days",
  "20",
  "--users",
  "200000",
  "--time-zone",
  "UTC",
];

interface Step {
  step_id: string;
  step_name: string;
  conversions_by_entry_time: number;
}

/** An experiment step of the sandbox, through the API, landing, models and judgement. */
describe("an experiment step of a Canvas", () => {
  let at: Installation;
  let paths: Step[];
  let id: string;
  beforeAll(async () => {
    at = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW });
    const { url } = await at.sandbox("--now", NOW, ...WORLD, "--experiment-paths", "3");
    await at.fleet("--workers", "1");
    const run = await at.cli("run", "braze", "--from", "2026-06-11", "--to", "2026-06-30");
    expect(run, run.stdout + run.stderr).toMatchObject({ code: 0 });
    const truth = (await (
      await fetch(`${url}/__sandbox/truth?only=canvases&from=2026-06-11&to=2026-06-30`)
    ).json()) as {
      canvases: { totals: { steps: Step[] } }[];
    };
    const steps = truth.canvases.flatMap(({ totals }) => totals.steps);
    id = `main__canvas_step__${steps.find(({ step_name }) => step_name.endsWith(": Experiment"))!.step_id}`;
    paths = steps.filter(({ step_name }) => /, path \d$/.test(step_name));
  }, 300_000);
  afterAll(() => at?.close());

  it("is found with its paths and what they brought, and nothing that Braze does not tell", async () => {
    const rows = await at.query(
      `select arm_id, arm_name, x, n, status, reason from exp_result where experiment_id = '${id}' and metric = 'conversion' and arm_id != 'all' order by arm_name`,
    );
    expect(paths.length).toBe(3);
    expect(paths.every(({ conversions_by_entry_time }) => conversions_by_entry_time > 0)).toBe(true);
    expect(rows.map((row) => ({ ...row, x: Number(row.x) }))).toEqual(
      paths.map((path, i) => ({
        arm_id: path.step_id,
        arm_name: `Path ${i + 1}`,
        x: path.conversions_by_entry_time,
        n: null,
        status: "not_estimable",
        reason: "path_entries_not_exposed",
      })),
    );
  });

  it("gets one verdict and a page that say why it cannot be judged", async () => {
    const said = await at.query(
      `select arm_id, decision, problems, units, explanation from exp_verdict_history where experiment_id = '${id}'`,
    );
    expect(said).toMatchObject([
      { arm_id: "all", decision: "invalid", problems: "path_entries_not_exposed", units: null },
    ]);
    const folder = join(at.home, "output/experiments");
    const file = (await readdir(folder)).find((name) => name.includes(id.split("__")[2]!));
    const page = await readFile(join(folder, file!), "utf8");
    expect(page).toContain("Cannot be judged");
    expect(page).toContain(String(said[0]!.explanation).slice(0, 60));
    expect(page).not.toMatch(/· people/);
    const shown = await at.cli("experiments", "show", id);
    expect(shown.code, shown.stderr).toBe(0);
    expect(shown.stdout).toContain("Path 2");
  });
});
