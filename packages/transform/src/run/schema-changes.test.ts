import { describe, expect, it } from "vitest";
import { decideSchema, type PendingTable, type SchemaChange, schemaChangeRows } from "./schema-changes.ts";

const models = [
  { name: "stg", inputs: [] },
  { name: "agg_a", inputs: ["stg"] },
  { name: "int_b", inputs: ["agg_a"] },
  { name: "agg_b", inputs: ["int_b"] },
  { name: "agg_c", inputs: ["stg"] },
];
const change = (table: string, how: SchemaChange["change"]): SchemaChange => ({
  table,
  column: "n",
  change: how,
  oldType: how === "added" ? null : "BIGINT",
  newType: how === "dropped" ? null : "VARCHAR",
});
const pending = (changes: Record<string, SchemaChange["change"] | undefined>): PendingTable[] =>
  Object.entries(changes).map(([table, how]) => ({ table, changes: how ? [change(table, how)] : [] }));
const outcomes = (...args: Parameters<typeof decideSchema>) =>
  decideSchema(...args).map(({ table, outcome, waitsFor }) => [table, outcome, waitsFor].join(" ").trim());

describe("what becomes of tables that are ready to be published", () => {
  it("a new column is applied under any policy", () => {
    for (const policy of ["fail", "hold", "accept"] as const)
      expect(outcomes(models, pending({ agg_a: "added" }), policy)).toEqual(["agg_a applied"]);
  });

  it.each(["dropped", "type_changed"] as const)("%s: kept back with all that is made from it", (how) => {
    const found = pending({ agg_a: how, agg_b: undefined, agg_c: undefined });
    expect(outcomes(models, found, "hold")).toEqual(["agg_a held", "agg_b held agg_a", "agg_c applied"]);
    expect(outcomes(models, found, "fail")).toEqual(["agg_a failed", "agg_b failed agg_a", "agg_c applied"]);
    expect(outcomes(models, found, "accept")).toEqual(["agg_a applied", "agg_b applied", "agg_c applied"]);
  });

  it("a release frees the table named and what waited for it, not another that breaks readers itself", () => {
    const found = pending({ agg_a: "dropped", agg_b: "type_changed" });
    expect(outcomes(models, found, "hold", ["agg_a"])).toEqual(["agg_a applied", "agg_b held"]);
    expect(outcomes(models, found, "hold", ["agg_b"])).toEqual(["agg_a held", "agg_b held agg_a"]);
    expect(outcomes(models, found, "fail", ["agg_a", "agg_b"])).toEqual(["agg_a applied", "agg_b applied"]);
  });

  it("tells each changed column with the policy that decided", () => {
    const [released] = decideSchema(models, pending({ agg_a: "dropped" }), "hold", ["agg_a"]);
    expect(schemaChangeRows(released!, "r", "2026-01-01T00:00:00Z")).toEqual([
      {
        run_id: "r",
        table_name: "agg_a",
        column_name: "n",
        change: "dropped",
        old_type: "BIGINT",
        new_type: null,
        is_breaking: true,
        policy: "accept",
        outcome: "applied",
        changed_at: "2026-01-01T00:00:00Z",
      },
    ]);
  });
});
