import { stampColumns, type TableContract } from "@lifecycle/contracts";
import type { Warehouse } from "@lifecycle/warehouse";
import type { ModelOutcome } from "./run-options.ts";

/** Where results of tests and gates are loaded: what `ops_quality_result` shows. */
export const qualityResultTable: TableContract = {
  table: "raw_quality_result",
  columns: [
    { name: "run_id", type: "STRING", required: true },
    { name: "model_name", type: "STRING", required: true },
    { name: "check_name", type: "STRING", required: true, description: "`row_count` tells the rows alone" },
    { name: "severity", type: "STRING" },
    { name: "status", type: "STRING", required: true, description: "pass, warn, fail or blocked" },
    { name: "failures", type: "INT64", description: "rows that break it" },
    { name: "row_count", type: "INT64", description: "rows of the table" },
    { name: "action", type: "STRING", description: "whole, partitions, merge or test" },
    { name: "partitions", type: "STRING", description: "days that were built and looked at, as JSON" },
    {
      name: "sample",
      type: "STRING",
      description: "some of the failing rows as JSON, personal columns masked",
    },
    { name: "message", type: "STRING" },
    { name: "checked_at", type: "TIMESTAMP", required: true },
    ...stampColumns,
  ],
};

type Row = Record<string, unknown>;

/** One row per test of each model that was built or tested, and one with its rows. Without stamps. */
export function qualityRows(outcomes: readonly ModelOutcome[], runId: string, at: string): Row[] {
  return outcomes
    .filter(({ status }) => status !== "unchanged")
    .flatMap((outcome) => {
      const { name, rows, action, partitions, status, error, reason } = outcome;
      const common = {
        run_id: runId,
        model_name: name,
        row_count: status === "blocked" || (error && outcome.tests.length === 0) ? null : rows,
        action,
        partitions: partitions ? JSON.stringify(partitions) : null,
        checked_at: at,
      };
      const whole = { built: "pass", failed: "fail", blocked: "blocked", unchanged: "pass" }[status];
      const own: Row = {
        ...common,
        check_name: "row_count",
        severity: null,
        status: whole,
        failures: null,
        sample: null,
        message: error?.message ?? (status === "blocked" ? reason : null),
      };
      const tests = outcome.tests.map(
        (test): Row => ({
          ...common,
          check_name: test.name,
          severity: test.severity,
          status: test.failures === 0 ? "pass" : test.severity === "error" ? "fail" : "warn",
          failures: test.failures,
          sample: test.sample ? JSON.stringify(test.sample) : null,
          message: null,
        }),
      );
      return [own, ...tests];
    });
}

/** Rows of a model's builds that passed in the last so many days before `now`; its run left out. */
export function rowHistory(warehouse: Warehouse, runId: string, now: Date) {
  return async (model: string, days: number): Promise<number[]> => {
    const since = new Date(now.getTime() - days * 86_400_000).toISOString();
    const { rows } = await warehouse.query(
      `SELECT MAX(row_count) AS n FROM ${warehouse.datasets.raw}.${qualityResultTable.table}
       WHERE model_name = '${model}' AND check_name = 'row_count' AND status = 'pass' AND run_id <> '${runId}'
         AND checked_at >= CAST('${since}' AS TIMESTAMP) GROUP BY run_id`,
    );
    return rows.flatMap(([n]) => (n === null ? [] : [Number(n)]));
  };
}
