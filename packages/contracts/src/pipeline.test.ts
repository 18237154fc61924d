import { describe, expect, it } from "vitest";
import { FilePipeline, PipelineConfig, rawFileTable } from "./pipeline.ts";

const orders = {
  name: "orders",
  kind: "file",
  raw_table: "raw_orders",
  columns: [
    { name: "ordered_at", type: "TIMESTAMP", required: true },
    { name: "arm", type: "STRING" },
    { name: "bought", type: "INT64", from: "Bought?" },
  ],
  time_column: "ordered_at",
};

const experiment = {
  id: "orders-test",
  name: "Orders",
  unit: "customer",
  arm_column: "arm",
  control: "none",
  metrics: [{ name: "bought", kind: "proportion", column: "bought" }],
};

function problems(change: object): string[] {
  const result = PipelineConfig.safeParse({ ...orders, ...change });
  return result.success
    ? []
    : result.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
}

describe("PipelineConfig", () => {
  it("fills in what a file pipeline leaves out", () => {
    const pipeline = FilePipeline.parse(orders);
    expect(pipeline.format).toEqual({ type: "csv", delimiter: ",", header: true });
    expect(pipeline.reject_ratio).toBe(0.05);
    expect(pipeline.experiments).toEqual([]);
  });

  it("takes an experiment over declared columns", () => {
    expect(problems({ experiments: [experiment] })).toEqual([]);
  });

  it.each([
    [{ key: ["id"] }, "key.0: no column `id` is declared"],
    [{ time_column: "at" }, "time_column: no column `at` is declared"],
    [{ time_column: undefined, window_days: 7 }, "window_days: windows need a `time_column`"],
    [
      { experiments: [{ ...experiment, arm_column: "group" }] },
      "experiments.0.arm_column: no column `group` is declared",
    ],
    [
      { experiments: [{ ...experiment, metrics: [...experiment.metrics, ...experiment.metrics] }] },
      "experiments.0: two metrics share a name",
    ],
    [{ columns: [orders.columns[0], orders.columns[0]] }, "columns: two columns share a name"],
    [{ columns: [...orders.columns, { name: "pass", type: "INT64" }] }, "columns.3.name: `pass` is reserved"],
  ])("refuses %j", (change, problem) => {
    expect(problems(change)).toContain(problem);
  });

  it("refuses a key it does not know, so that a typing error is seen", () => {
    expect(problems({ reject_ration: 0.5 }).join()).toContain("reject_ration");
  });
});

describe("rawFileTable", () => {
  it("holds every column as text, the row's identity and the stamps", () => {
    const { table, columns } = rawFileTable(FilePipeline.parse(orders));
    expect(table).toBe("raw_orders");
    expect(columns.slice(0, 3).map(({ name, type }) => [name, type])).toEqual([
      ["ordered_at", "STRING"],
      ["arm", "STRING"],
      ["bought", "STRING"],
    ]);
    expect(columns.map(({ name }) => name)).toContain("_row_number");
    expect(columns.at(-1)?.name).toBe("_extracted_at");
  });
});
