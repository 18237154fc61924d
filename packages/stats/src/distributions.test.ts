import { expect, test } from "vitest";
import {
  chi2Isf,
  logBetaTails,
  logChi2Sf,
  logNormSf,
  logTSf,
  normIsf,
  normIsfLog,
  normSf,
  tIsf,
} from "./index.ts";

/** Equal to 1e-11 of the value: the tails are better than that wherever a test reads them. */
const near = (got: number, want: number) => expect(Math.abs(got / want - 1)).toBeLessThan(1e-11);

/** Upper tail by the continued fraction of the Mills ratio, written independently of the rational one. */
function millsLogSf(z: number): number {
  let fraction = 0;
  for (let k = 400; k >= 1; k--) fraction = k / (z + fraction);
  return -0.5 * z * z - 0.5 * Math.log(2 * Math.PI) - Math.log(z + fraction);
}

test("normal tail equals the Mills ratio's continued fraction from 2.5 to 1e6", () => {
  for (let z = 2.5; z < 1e6; z *= 1.07) near(logNormSf(z), millsLogSf(z));
});

// mpmath 1.4.1, 40 digits
test.each([
  [-8, -6.220960574271786e-16],
  [-1, -0.17275377902344988],
  [0.67, -1.3805950526951891],
  [5.66, -18.69925115370278],
  [1e4, -50000010.12927891],
])("ln normal tail at %s", (z, want) => near(logNormSf(z), want));

// mpmath 1.4.1, 40 digits
test.each([
  [0.1, 0.5, -0.7483094010429017],
  [8, 2, -4.875138598095856],
  [200, 3.3, -17.105186622867247],
  [3, 99_999, -6.607480000835198],
  [3, 100_001, -6.607480005759279],
  [30, 1e6, -454.11841582457095],
  [8, 1e9, -35.01343610413674],
])("ln t tail at %s with %s degrees of freedom", (t, df, want) => near(logTSf(t, df), want));

// mpmath 1.4.1, 40 digits
test.each([
  [0.5, 1, -0.7350111298370844],
  [90, 9, -34.05138084081904],
  [999, 999, -0.7051187993637079],
  [1498.5, 999, -50.56465510535591],
])("ln χ² tail at %s with %s degrees of freedom", (x, df, want) => near(logChi2Sf(x, df), want));

// scipy 1.17.1 (boost)
test.each([
  [1e-9, 0.01, 3, -0.19229478602505926, -1.7433328878098562],
  [0.010396039603960397, 21, 181, -32.777531120322095, -Math.exp(-32.777531120322095)],
  [0.2079207920792079, 21, 181, -3.2589499259516036e-5, -10.33153672478759],
])("ln beta tails at %s for (%s, %s)", (x, a, b, cdf, sf) => {
  const tails = logBetaTails(x, 1 - x, a, b);
  near(tails.logCdf, cdf);
  near(tails.logSf, sf);
});

test("quantiles are the inverse of the tails over 300 orders of magnitude", () => {
  for (let exponent = 0.5; exponent < 300; exponent *= 1.3) {
    const p = 10 ** -exponent;
    near(logNormSf(normIsf(p)), Math.log(p));
    near(logTSf(tIsf(p, 3.3), 3.3), Math.log(p));
    near(logTSf(tIsf(p, 2e6), 2e6), Math.log(p));
    near(logChi2Sf(chi2Isf(p, 7), 7), Math.log(p));
  }
});

test("the ends are exact: no mass beyond infinity, half on each side of 0", () => {
  expect(normSf(Number.POSITIVE_INFINITY)).toBe(0);
  expect(normSf(Number.NEGATIVE_INFINITY)).toBe(1);
  expect(logNormSf(Number.POSITIVE_INFINITY)).toBe(Number.NEGATIVE_INFINITY);
  expect(normSf(0)).toBe(0.5);
  expect(normIsfLog(0)).toBe(Number.NEGATIVE_INFINITY);
  expect(tIsf(0.5, 4)).toBe(0);
});
