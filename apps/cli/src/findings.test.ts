import { FilePipeline } from "@lifecycle/contracts";
import type { CompiledProject } from "@lifecycle/transform";
import { describe, expect, it } from "vitest";
import { publishedFrom, tallyTable, unreadLines } from "./findings.ts";

const orders = FilePipeline.parse({
  name: "shop-orders",
  kind: "file",
  raw_table: "raw_orders",
  columns: [{ name: "id", type: "STRING" }],
});
const model = (name: string, sources: string[], inputs: string[], published: boolean) => ({
  name,
  sources,
  dependsOn: inputs,
  inputs,
  testInputs: [],
  inlines: [],
  published,
});

describe("publishedFrom", () => {
  it("follows a raw table to what is published", () => {
    const models = [
      model("stg_orders", ["raw_orders"], [], false),
      model("agg_orders", [], ["stg_orders"], true),
      model("ops_freshness", [], ["stg_orders"], true),
      model("agg_other", ["raw_other"], [], true),
    ];
    const project = { engine: "duckdb", dataset: "d", models } as unknown as CompiledProject;
    expect(publishedFrom(project, orders)).toEqual({ models: 2, tables: ["agg_orders"] });
    expect(publishedFrom({ ...project, models: project.models.slice(3) }, orders)).toEqual({
      models: 0,
      tables: [],
    });
  });
});

it("rows that nobody reads come with the steps to read them", () => {
  const text = unreadLines(orders).join("\n");
  expect(text).toContain("no model of sql/ is made from raw_orders");
  expect(text).toContain("sql/raw/sources.yml");
  expect(text).toContain("stg_shop_orders__row.sql");
});

it("the tally has one line per thing said", () => {
  const [header, , first] = tallyTable([
    { decision: "stop_harm", say: "Stop: it does harm", arms: 2, experiments: 1 },
  ]).split("\n");
  expect(header).toMatch(/^decision +in words +variants +tests$/);
  expect(first).toMatch(/^stop_harm +Stop: it does harm +2 +1$/);
});
