import { cupedTest } from "./cuped.ts";
import { fisherTest } from "./exact-tests.ts";
import { fiellerLift } from "./lift.ts";
import { welchTest } from "./means.ts";
import { type MeanArm, toMoments } from "./moments.ts";
import { logNormSf } from "./normal.ts";
import type { CountArm, PairEstimate } from "./pair-estimate.ts";
import { miettinenNurminen } from "./proportion-intervals.ts";
import { scoreLift } from "./proportion-lift.ts";
import { proportionZTest, smallestExpected } from "./proportions.ts";
import {
  type QuantileArm,
  quantileInterval,
  quantileLift,
  quantileTest,
  quantileVariance,
} from "./quantiles.ts";
import { type PairArm, ratioTest, toPairMoments } from "./ratios.ts";
import { mantelHaenszel } from "./segments.ts";
import type { Status } from "./status.ts";
import { logTTwoSided, tIsf } from "./student-t.ts";

/** Below this expected count in the 2×2 table the exact mid-p replaces the score test. */
const MIN_EXPECTED = 5;
/** Below this many units in an arm an adjusted mean is read against t instead of z. */
const SMALL_ARM = 100;

/** One treatment rate against the control's. Nobody or everybody converting is no evidence: p = 1, the interval stays finite. */
export function compareProportions(control: CountArm, treatment: CountArm): PairEstimate | Status {
  const counts = { xc: control.x, nc: control.n, xt: treatment.x, nt: treatment.n };
  const score = proportionZTest(counts);
  if (score.p === null || score.pc === null || score.pt === null || score.logp === null) return score.status;
  const { pc, pt } = score;
  const small = smallestExpected(counts) < MIN_EXPECTED && !score.degenerate;
  const midP = small ? fisherTest(counts).midP : null;
  return {
    controlValue: pc,
    treatmentValue: pt,
    diff: pt - pc,
    se: Math.sqrt((pc * (1 - pc)) / counts.nc + (pt * (1 - pt)) / counts.nt),
    test: midP === null ? "score_z" : "fisher_mid_p",
    p: midP ?? score.p,
    logp: midP === null ? score.logp : Math.log(midP),
    variances: [1 / counts.nc, 1 / counts.nt], // equal under the hypothesis, as in the score test
    interval: (z) => miettinenNurminen(counts, z),
    lift: (z) => scoreLift(counts, z, true),
  };
}

/**
 * One treatment rate against the control's over strata whose shares differ: Mantel–Haenszel difference with Greenland & Robins'
 * variance. Values are the weighted rates that differ by it. A stratum without units in one arm says nothing.
 */
export function compareStratified(
  control: readonly CountArm[],
  treatment: readonly CountArm[],
): PairEstimate | Status {
  const strata = control.map(({ n: nc, x: xc }, i) => ({
    nc,
    xc,
    nt: treatment[i]?.n ?? 0,
    xt: treatment[i]?.x ?? 0,
  }));
  const pooled = mantelHaenszel({ strata });
  if (pooled.status !== "ok") return pooled.status;
  const [diff, se] = [pooled.mhDiff!, pooled.mhSe!];
  let [weights, mc, vc, vt] = [0, 0, 0, 0];
  for (const { nc, xc, nt, xt } of strata) {
    if (nc === 0 || nt === 0) continue;
    const [w, pc, pt] = [(nc * nt) / (nc + nt), xc / nc, xt / nt];
    weights += w;
    mc += w * pc;
    vc += (w * w * pc * (1 - pc)) / nc;
    vt += (w * w * pt * (1 - pt)) / nt;
  }
  const pair = { mc: mc / weights, vc: vc / weights ** 2, mt: mc / weights + diff, vt: vt / weights ** 2 };
  const logp = Math.min(0, Math.LN2 + logNormSf(Math.abs(diff / se)));
  return {
    controlValue: pair.mc,
    treatmentValue: pair.mt,
    diff,
    se,
    test: "stratified_z",
    p: Math.exp(logp),
    logp,
    variances: [pair.vc, pair.vt],
    interval: (z) => ({ lower: diff - z * se, upper: diff + z * se }),
    lift: (z) => fiellerLift(pair, z),
  };
}

/** A t interval at the level a normal critical value stands for. */
function tInterval(diff: number, se: number, df: number): PairEstimate["interval"] {
  return (z) => {
    const half = tIsf(Math.exp(logNormSf(z)), df) * se;
    return { lower: diff - half, upper: diff + half };
  };
}

/** One treatment mean against the control's, by Welch. */
export function compareMeans(control: MeanArm, treatment: MeanArm): PairEstimate | Status {
  const test = welchTest({ c: control, t: treatment });
  const [c, t] = [toMoments(control), toMoments(treatment)];
  if (typeof c === "string" || typeof t === "string" || test.status !== "ok") return test.status;
  const [vc, vt] = [c.variance / c.n, t.variance / t.n];
  return {
    controlValue: c.mean,
    treatmentValue: t.mean,
    diff: test.diff!,
    se: test.se!,
    test: "welch_t",
    p: test.p!,
    logp: test.logp!,
    variances: [vc, vt],
    interval: tInterval(test.diff!, test.se!, test.df!),
    lift: (z) => fiellerLift({ mc: c.mean, vc, mt: t.mean, vt }, z),
  };
}

/** One treatment's quantile against the control's, by the values around their ranks. */
export function compareQuantiles(control: QuantileArm, treatment: QuantileArm): PairEstimate | Status {
  const test = quantileTest({ c: control, t: treatment });
  if (test.status !== "ok") return test.status;
  return {
    controlValue: control.value,
    treatmentValue: treatment.value,
    diff: test.diff!,
    se: test.se!,
    test: "quantile_z",
    p: test.p!,
    logp: test.logp!,
    variances: [quantileVariance(control), quantileVariance(treatment)],
    interval: (z) => quantileInterval(control, treatment, z),
    lift: (z) => quantileLift(control, treatment, z),
  };
}

/** One treatment against the control on a ratio of sums, or on a mean adjusted by a pre-period covariate. */
export function compareRatios(
  kind: "ratio" | "cuped",
  control: PairArm,
  treatment: PairArm,
): PairEstimate | Status {
  return kind === "ratio" ? compareRatio(control, treatment) : compareCuped(control, treatment);
}

function compareRatio(control: PairArm, treatment: PairArm): PairEstimate | Status {
  const test = ratioTest({ c: control, t: treatment });
  if (test.status !== "ok") return test.status;
  const [diff, se] = [test.diff!, test.se!];
  const pair = { mc: test.rc!, vc: test.varC!, mt: test.rt!, vt: test.varT! };
  return {
    controlValue: pair.mc,
    treatmentValue: pair.mt,
    diff,
    se,
    test: "delta_z",
    p: test.p!,
    logp: test.logp!,
    variances: [pair.vc, pair.vt],
    interval: (z) => ({ lower: diff - z * se, upper: diff + z * se }),
    lift: (z) => fiellerLift(pair, z),
  };
}

function compareCuped(control: PairArm, treatment: PairArm): PairEstimate | Status {
  const test = cupedTest({ c: control, t: treatment });
  const [c, t] = [toPairMoments(control), toPairMoments(treatment)];
  if (typeof c === "string" || typeof t === "string" || test.status !== "ok") return test.status;
  const [diff, se, theta] = [test.diff!, test.se!, test.theta!];
  const adjusted = (m: typeof c) => Math.max(0, m.varY + theta ** 2 * m.varX - 2 * theta * m.covXY) / m.n;
  const [vc, vt] = [adjusted(c), adjusted(t)];
  const small = Math.min(c.n, t.n) < SMALL_ARM;
  const df = (vc + vt) ** 2 / (vc ** 2 / (c.n - 1) + vt ** 2 / (t.n - 1));
  const logp = small ? logTTwoSided(diff / se, df) : test.logp!;
  return {
    controlValue: c.meanY,
    treatmentValue: c.meanY + diff,
    diff,
    se,
    test: small ? "cuped_t" : "cuped_z",
    p: Math.exp(logp),
    logp,
    variances: [vc, vt],
    interval: small ? tInterval(diff, se, df) : (z) => ({ lower: diff - z * se, upper: diff + z * se }),
    // The control is taken at its own mean and the treatment at that plus the adjusted difference.
    lift: (z) => fiellerLift({ mc: c.meanY, vc, mt: c.meanY + diff, vt }, z),
  };
}
