import { createHash } from "node:crypto";
import type { ArmMetric } from "./arm-metric.ts";
import type { Definition } from "./definition.ts";

/** Names of what a verdict follows from. */
export interface Hashes {
  readonly definition_hash: string;
  readonly data_hash: string;
}

export function hashesOf(definition: Definition, arms: readonly ArmMetric[]): Hashes {
  return { definition_hash: definitionHash(definition, arms), data_hash: dataHash(arms) };
}

/** A short name of a value: the same for the same content, whatever the order of its keys. */
export function digest(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(value)))
    .digest("hex")
    .slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, own]) => [key, sorted(own)]),
  );
}

/**
 * The rules that a verdict follows from, those by which amounts are cut among them. Names do not belong to them, nor that somebody
 * said it is over.
 */
function definitionHash(
  { name: _, unit: __, ended: ___, segments: ____, ...rules }: Definition,
  arms: readonly ArmMetric[],
): string {
  const cut = arms.flatMap(({ metric, capping }) => (capping ? [[metric, capping.rule]] : []));
  return digest(cut.length > 0 ? { ...rules, cap_rules: Object.fromEntries(cut) } : rules);
}

/** The counts that a verdict follows from. */
function dataHash(arms: readonly ArmMetric[]): string {
  const counts = arms.map((arm) =>
    [
      [arm.metric, arm.segment, arm.armId, arm.n, arm.x, arm.valueSum, arm.valueSumsq].map(String),
      [arm.covariateSum, arm.covariateSumsq, arm.crossSum].map(String),
      arm.quantile ? Object.values(arm.quantile).map(String) : [],
    ]
      .flat()
      .join("\t"),
  );
  return digest(counts.toSorted());
}
