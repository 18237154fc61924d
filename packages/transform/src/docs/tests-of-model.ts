import type { CompiledModel } from "../compiled.ts";
import type { TestResult } from "./docs-input.ts";

/** A test as the page shows it. */
export interface ShownTest {
  /** `not null`, `unique`, an expression. */
  label: string;
  severity: "error" | "warn";
  /** `unknown`: never asked since the model is called so. */
  state: "passed" | "failed" | "warned" | "unknown";
  failures: number;
  at: string | null;
}

/** Tests by column; those of the whole table under "". */
export function testsOfModel(
  model: CompiledModel,
  results: readonly TestResult[],
): ReadonlyMap<string, readonly ShownTest[]> {
  const own = new Map(
    results.filter((result) => result.model === model.name).map((result) => [result.check, result]),
  );
  const checks = model.tests.flatMap((test) => test.checks);
  return Map.groupBy(
    checks.map((check) => shown(model, check, own.get(check.name))),
    ({ column }) => column,
  );
}

const ofColumn = ["not_null", "unique", "accepted_values", "accepted_range", "relationships"];

function shown(
  model: CompiledModel,
  { name, severity }: { name: string; severity: "error" | "warn" },
  result: TestResult | undefined,
): ShownTest & { column: string } {
  const kind = ofColumn.find((word) => model.columns.some((column) => name === `${word}_${column.name}`));
  return {
    column: kind === undefined ? "" : name.slice(kind.length + 1),
    label: kind === undefined ? name.replace(/^unique_/, "unique: ") : kind.replaceAll("_", " "),
    severity,
    state: stateOf(severity, result),
    failures: result?.failures ?? 0,
    at: result?.at ?? null,
  };
}

function stateOf(severity: "error" | "warn", result: TestResult | undefined): ShownTest["state"] {
  if (result === undefined) return "unknown";
  if (result.failures === 0) return "passed";
  return severity === "warn" ? "warned" : "failed";
}
