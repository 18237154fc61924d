import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import runMethod, { methods } from "./method-contract.ts";

interface GoldenCase {
  readonly id: string;
  readonly method: string;
  readonly inputs: unknown;
  readonly expected: Record<string, unknown>;
  readonly tolerance: { readonly rel: number; readonly abs: number };
}

const golden = JSON.parse(
  readFileSync(new URL("golden/experiment-golden.json", import.meta.url), "utf8"),
) as {
  cases: GoldenCase[];
};

const SPECIAL: Record<string, number> = {
  Infinity: Number.POSITIVE_INFINITY,
  "-Infinity": Number.NEGATIVE_INFINITY,
};

/** Paths at which `got` is not within tolerance of `expected`. */
function mismatches(
  path: string,
  expected: unknown,
  got: unknown,
  { rel, abs }: GoldenCase["tolerance"],
): string[] {
  if (Array.isArray(expected)) {
    if (!Array.isArray(got) || got.length !== expected.length)
      return [`${path}: ${JSON.stringify(got)} is no such list`];
    return expected.flatMap((value, i) => mismatches(`${path}[${i}]`, value, got[i], { rel, abs }));
  }
  const want = typeof expected === "string" && expected in SPECIAL ? SPECIAL[expected] : expected;
  const close =
    typeof want === "number" && Number.isFinite(want)
      ? typeof got === "number" && Math.abs(got - want) <= abs + rel * Math.abs(want)
      : Object.is(got, want);
  return close ? [] : [`${path}: got ${String(got)}, expected ${String(want)}`];
}

test("the golden file covers every method of the contract", () => {
  expect(golden.cases).toHaveLength(187);
  expect(new Set(golden.cases.map((c) => c.method))).toEqual(new Set(Object.keys(methods)));
});

test.each(golden.cases)("$id ($method)", ({ method, inputs, expected, tolerance }) => {
  const got = runMethod(method, inputs);
  const wrong = Object.entries(expected).flatMap(([key, value]) =>
    mismatches(key, value, got[key], tolerance),
  );
  expect(wrong).toEqual([]);
});

test("an unknown method is refused by name", () => {
  expect(() => runMethod("prop.guess", {})).toThrow('Unknown statistics method "prop.guess"');
});
