import type { DeadLetter, SettledRun } from "@lifecycle/contracts";
import { expect, it } from "vitest";
import { describeOutcome } from "./outcome.ts";

const letter = (code: string, work: string, message: string): DeadLetter => ({
  runId: "r",
  work,
  queue: "warehouse",
  jobId: "j",
  code,
  message,
  failedAt: "2026-01-01T00:00:00.000Z",
});

it("counts in words and names what is missing by what it is", () => {
  const settled: SettledRun = {
    runId: "r",
    status: "failed",
    settledAt: "2026-01-01T00:00:00.000Z",
    landedParts: 1,
    loadedRows: 12_345,
    rejectedRows: 1,
    missing: [
      letter("source.too_many_rejects", "transform", "a.csv: 1 of 4 rows cannot be read"),
      letter("transform.sql", "transform", "stg_x.sql:1:1 no"),
    ],
  };
  expect(describeOutcome(settled)).toEqual([
    "  failed: 1 part landed, 12,345 rows loaded, 1 row set aside",
    "    missing what the file holds: a.csv: 1 of 4 rows cannot be read",
    "    missing the tables: a model could not be built: stg_x.sql:1:1 no",
  ]);
});
