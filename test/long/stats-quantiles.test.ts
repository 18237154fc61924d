import { asymptoticSequence, compareMetric, quantileTest } from "@lifecycle/stats";
import { expect, test } from "vitest";
import { AMOUNTS, quantileArm } from "./stats-populations.ts";
import { countSeeds, expectAtMost, REPETITIONS, tell } from "./stats-sampling.ts";

const NAMES = Object.keys(AMOUNTS) as (keyof typeof AMOUNTS)[];
const QUANTILES = [0.5, 0.9];
const SIZES = [
  [20, 20],
  [50, 50],
  [200, 200],
  [900, 100],
  [1000, 1000],
] as const;
const cases = NAMES.flatMap((name) =>
  QUANTILES.flatMap((q) => SIZES.map(([nc, nt]) => ({ name, q, nc, nt }))),
);

test.each(cases)("A/A: the $q quantile of $name, $nc against $nt, differs in at most 5 %", (one) => {
  const { name, q, nc, nt } = one;
  let [refused, excluded] = [0, 0];
  const rejections = countSeeds((next) => {
    const [control, treatment] = [nc, nt].map((n) => quantileArm(next, n, q, AMOUNTS[name]));
    const result = control && treatment && quantileTest({ c: control, t: treatment });
    if (result?.status !== "ok") {
      refused++;
      return false;
    }
    if (result.lower! > 0 || result.upper! < 0) excluded++;
    return result.p! < 0.05;
  });
  // Interval and p say the same, to the last seed.
  expect(excluded).toBe(rejections);
  // Of those that could be told at all: ties alone, or too few people, give no p.
  expectAtMost(rejections, 0.05, Math.max(1, REPETITIONS - refused));
});

test.each([
  { name: "times", q: 0.5, n: 1000 },
  { name: "heavy", q: 0.5, n: 1000 },
  { name: "times", q: 0.9, n: 4000 },
  { name: "heavy", q: 0.9, n: 4000 },
] as const)(
  "smooth values, many people: the $q quantile of $name is covered in 95 % and tested at 5 %",
  (one) => {
    const { name, q, n } = one;
    const lift = 0.2;
    // The quantile itself, by a formula.
    const truth =
      lift * (name === "times" ? -Math.log(1 - q) : Math.exp(2 * (q === 0.5 ? 0 : 1.2815515655446004)));
    let [covered, lifts] = [0, 0];
    const rejections = countSeeds((next) => {
      const control = quantileArm(next, n, q, AMOUNTS[name])!;
      const raised = quantileArm(next, n, q, (draw) => (1 + lift) * AMOUNTS[name](draw))!;
      const [shown] = compareMetric({ kind: "quantile", control, treatments: [raised] }).comparisons;
      if (shown!.lower! <= truth && truth <= shown!.upper!) covered++;
      if (shown!.liftLower! <= lift && lift <= shown!.liftUpper!) lifts++;
      const scale = (value: number) => value / (1 + lift);
      const { value, below, above } = raised;
      const same = { n, value: scale(value), below: scale(below), above: scale(above) };
      return quantileTest({ c: control, t: same }).p! < 0.05;
    });
    for (const count of [covered, lifts, rejections]) tell(count);
    for (const count of [covered, lifts]) expect(Math.abs(count / REPETITIONS - 0.95)).toBeLessThan(0.01);
    expect(Math.abs(rejections / REPETITIONS - 0.05)).toBeLessThan(0.01);
  },
);

test("ten looks at two identical arms: a confidence sequence of a quantile excludes nothing in at most 5 %", () => {
  for (const name of ["times", "prices", "days"] as const) {
    const ever = countSeeds((next) => {
      const values: number[][] = [[], []];
      for (let look = 1; look <= 10; look++) {
        const [control, treatment] = values.map((own) => {
          for (let i = 0; i < 100; i++) own.push(AMOUNTS[name](next));
          let at = 0;
          return quantileArm(
            () => 0,
            own.length,
            0.5,
            () => own[at++]!,
          )!;
        });
        const { diff, se, status } = quantileTest({ c: control!, t: treatment! });
        const running = { estimate: diff!, se: se!, n: 200 * look, nStar: 5000 };
        if (look >= 5 && status === "ok" && asymptoticSequence(running).p! < 0.05) return true;
      }
      return false;
    });
    expectAtMost(ever, 0.05);
  }
});
