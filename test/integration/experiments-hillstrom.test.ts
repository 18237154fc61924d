import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { stat, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  ExperimentsConfig,
  type FilePipeline,
  loadId,
  PipelineConfig,
  rawFileTable,
} from "@lifecycle/contracts";
import {
  definitionsOf,
  type ExperimentResultRow,
  evaluateExperiments,
  listExperiments,
  toCsv,
} from "@lifecycle/experiments";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { BuiltModels, run } from "./experiments-support/built-models.ts";

const config = path.resolve(import.meta.dirname, "../../config");
const read = (file: string) => parse(readFileSync(path.join(config, file), "utf8"));
const hillstrom = filePipeline("hillstrom");
const definitions = definitionsOf(ExperimentsConfig.parse(read("experiments.yaml")), [hillstrom], ["main"]);

function filePipeline(name: string): FilePipeline {
  const pipeline = PipelineConfig.parse(read(`pipelines/${name}.yaml`));
  if (pipeline.kind !== "file") throw new Error(`${name} reads no file`);
  return pipeline;
}

const HEADER = hillstrom.columns.map(({ name }) => name).join(",");

/** `n` customers of an arm: the first `visits` came, the first `buyers` of them bought for `spend` each. */
function customers(arm: string, n: number, visits: number, buyers: number, spend: string): string[] {
  return Array.from({ length: n }, (_, i) => {
    const [visit, conversion] = [Number(i < visits), Number(i < buyers)];
    return `10,2) $100 - $200,142.44,1,0,Rural,0,Phone,${arm},${visit},${conversion},${conversion ? spend : 0}`;
  });
}

const MAILS = [
  ...customers("No E-Mail", 400, 40, 4, "10.10"),
  ...customers("Mens E-Mail", 420, 84, 6, "29.99"),
  ...customers("Womens E-Mail", 380, 41, 3, "5"),
];

let models: BuiltModels;
beforeEach(async () => {
  models = await BuiltModels.open();
});
afterEach(() => models.close());

/** Loads a CSV file as pass `pass` of its pipeline would, and builds everything. */
async function runFile(pipeline: FilePipeline, pass: number, lines: readonly string[]): Promise<void> {
  const uri = path.join(models.folder, `${pipeline.name}-${pass}.csv`);
  const content = `${lines.join("\n")}\n`;
  await writeFile(uri, content);
  const of = run(pass, "all", pipeline.name);
  const { table, columns } = rawFileTable(pipeline);
  const id = loadId(of._run_id, pipeline.name);
  await models.warehouse.load({
    loadId: id,
    table,
    columns,
    files: [
      { uri, format: "csv", codec: "none", rows: null, sizeBytes: (await stat(uri)).size, target: table },
    ],
    disposition: "append",
    csv: {
      sha256: createHash("sha256").update(content).digest("hex"),
      stamps: { workspace: "main", data_state: "closed", ...of, _load_id: id },
      maxRejectRatio: pipeline.reject_ratio,
    },
  });
  await models.build();
}

async function evaluated(): Promise<Map<string, ExperimentResultRow>> {
  const ids = await listExperiments(models.warehouse);
  const { results } = await evaluateExperiments({
    warehouse: models.warehouse,
    experimentIds: ids,
    definitions,
  });
  const overall = results.filter(({ segment }) => segment === "all");
  return new Map(overall.map((row) => [`${row.metric} ${row.arm_id}`, row]));
}

describe("an e-mail test from a file", () => {
  it("is judged arm by arm and metric by metric", async () => {
    await runFile(hillstrom, 1, [HEADER, ...MAILS]);
    const results = await evaluated();
    expect([...results.keys()].sort()).toEqual(
      ["conversion", "spend", "spend_capped", "spend_cuped", "spend_p999", "visit"].flatMap((metric) =>
        ["Mens E-Mail", "No E-Mail", "Womens E-Mail"].map((arm) => `${metric} ${arm}`),
      ),
    );
    // Pooled z by hand: p̄ = 124/820.
    const pooled = 124 / 820;
    const z = (84 / 420 - 40 / 400) / Math.sqrt(pooled * (1 - pooled) * (1 / 400 + 1 / 420));
    expect(results.get("visit Mens E-Mail")).toMatchObject({
      n: 420,
      x: 84,
      value: 0.2,
      control_arm_id: "No E-Mail",
      control_value: 0.1,
      role: "primary",
      verdict: "win",
      notes: null,
      experiment_name: "E-mail test, March 2008",
    });
    expect(results.get("visit Mens E-Mail")?.z).toBeCloseTo(z, 10);
    expect(results.get("visit Womens E-Mail")?.verdict).toBe("no_win");
    expect(results.get("conversion Womens E-Mail")?.method).toBe("fisher_mid_p");
    expect(results.get("visit No E-Mail")).toMatchObject({ status: "control", n: 400, x: 40 });
    const spend = results.get("spend Mens E-Mail");
    expect(spend?.value).toBeCloseTo((6 * 29.99) / 420, 12);
    expect(spend?.method).toBe("welch");
    // Welch by hand, from n, Σy and Σy² of each arm.
    const variance = (n: number, k: number, y: number) => (k * y * y - (k * y) ** 2 / n) / (n - 1) / n;
    const se = Math.sqrt(variance(400, 4, 10.1) + variance(420, 6, 29.99));
    expect(spend?.z).toBeCloseTo(((6 * 29.99) / 420 - (4 * 10.1) / 400) / se, 9);
    expect(
      toCsv([...results.values()])
        .trimEnd()
        .split("\r\n"),
    ).toHaveLength(19);
    // Four hundred people are too few to say where the first of a thousand lies.
    expect(results.get("spend_p999 Mens E-Mail")?.reason).toBe("quantile_out_of_reach");
  });

  it("says the same when the same file is run again, and something else for another file", async () => {
    await runFile(hillstrom, 1, [HEADER, ...MAILS]);
    const first = await evaluated();
    await runFile(hillstrom, 2, [HEADER, ...MAILS]);
    expect(await evaluated()).toEqual(first);
    await runFile(hillstrom, 3, [
      HEADER,
      ...customers("No E-Mail", 9, 3, 1, "1"),
      ...customers("Mens E-Mail", 8, 3, 1, "1"),
    ]);
    const other = await evaluated();
    expect(other.get("visit No E-Mail")?.n).toBe(9);
    expect(other.has("visit Womens E-Mail")).toBe(false);
  });

  it("sets bad rows aside with their reason and counts the rest", async () => {
    const bad = (arm: string, visit: string, conversion: string, spend: string, recency = "1") =>
      `${recency},1) $0 - $100,10,1,0,Rural,0,Web,${arm},${visit},${conversion},${spend}`;
    await runFile(hillstrom, 1, [
      HEADER,
      bad("", "0", "0", "0"),
      bad("No E-Mail", "2", "0", "0"),
      bad("No E-Mail", "0", "yes", "0"),
      bad("No E-Mail", "0", "0", "1,5".replace(",", ";")),
      bad("No E-Mail", "0", "0", "", "x"),
      bad("No E-Mail", "0", "0", "0", "1.5"),
      ...MAILS,
    ]);
    expect(await models.rows("int_rejected_row", "row_number, pipeline, column_name, value, reason")).toEqual(
      [
        { row_number: 1, column_name: "segment", value: null, reason: "missing" },
        { row_number: 2, column_name: "visit", value: "2", reason: "not_0_or_1" },
        { row_number: 3, column_name: "conversion", value: "yes", reason: "not_0_or_1" },
        { row_number: 4, column_name: "spend", value: "1;5", reason: "not_a_number" },
        { row_number: 5, column_name: "spend", value: null, reason: "missing" },
        { row_number: 6, column_name: "recency", value: "1.5", reason: "not_a_whole_number" },
      ].map((row) => ({ ...row, pipeline: "hillstrom" })),
    );
    expect((await evaluated()).get("visit No E-Mail")?.n).toBe(400);
  });

  it("refuses a file that lacks a column, and publishes nothing of it", async () => {
    await runFile(hillstrom, 1, [HEADER, ...MAILS]);
    const before = await evaluated();
    const cut = [HEADER, ...MAILS].map((line) => line.slice(0, line.lastIndexOf(",")));
    await expect(runFile(hillstrom, 2, cut)).rejects.toThrow(/spend/);
    await models.build();
    expect(await evaluated()).toEqual(before);
  });
});

describe("the pipeline's definition and its models", () => {
  it("agree about control, metrics and roles", async () => {
    await runFile(hillstrom, 1, [HEADER, ...MAILS]);
    const controls = await models.rows(
      "int_experiment_arm_metric",
      "arm_id, metric, role, metric_kind, quantile_level",
      "is_control and segment = 'all'",
    );
    const [experiment] = hillstrom.experiments;
    expect(controls).toEqual(
      [...experiment!.metrics]
        .sort((a, b) => a.name.localeCompare(b.name))
        .map(({ name, role, kind, quantile }) => ({
          arm_id: experiment!.control,
          metric: name,
          role,
          metric_kind: kind,
          quantile_level: quantile ?? null,
        })),
    );
  });
});
