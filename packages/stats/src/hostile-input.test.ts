import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import runMethod, { methods } from "./method-contract.ts";

interface GoldenCase {
  readonly method: string;
  readonly inputs: unknown;
}
const { cases } = JSON.parse(
  readFileSync(new URL("golden/experiment-golden.json", import.meta.url), "utf8"),
) as { cases: GoldenCase[] };

const BAD: readonly unknown[] = [
  undefined,
  Number.NaN,
  null,
  "NaN",
  "12",
  -1,
  0,
  1,
  1.5,
  1e9,
  1e300,
  -1e300,
  Number.POSITIVE_INFINITY,
];
/** Long lists repeat the same leaf; the first few stand for all. */
const LEAVES_PER_CASE = 24;

/** Every copy of `value` with one number replaced by each bad value. */
function* spoiled(value: unknown): Generator<unknown> {
  if (typeof value === "number") yield* BAD;
  else if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i++) for (const bad of spoiled(value[i])) yield value.with(i, bad);
  } else if (value !== null && typeof value === "object") {
    for (const [key, inner] of Object.entries(value))
      for (const bad of spoiled(inner)) yield { ...value, [key]: bad };
  }
}

function hasNaN(value: unknown): boolean {
  if (typeof value === "number") return Number.isNaN(value);
  return value !== null && typeof value === "object" && Object.values(value).some(hasNaN);
}

test.each(Object.keys(methods))("%s: no NaN and no throw, whatever number is spoiled", (method) => {
  const failures: string[] = [];
  let tried = 0;
  for (const { inputs } of cases.filter((c) => c.method === method)) {
    for (const bad of [...spoiled(inputs)].slice(0, LEAVES_PER_CASE * BAD.length)) {
      tried++;
      try {
        if (hasNaN(runMethod(method, bad))) failures.push(`NaN for ${JSON.stringify(bad)}`);
      } catch (error) {
        failures.push(`${String(error)} for ${JSON.stringify(bad)}`);
      }
    }
  }
  expect(tried).toBeGreaterThan(0);
  expect(failures.slice(0, 5)).toEqual([]);
});
