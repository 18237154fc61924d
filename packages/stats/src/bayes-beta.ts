import { betaQuantile, logBetaPrefactor, logBetaTails } from "./beta.ts";
import { countsProblem, type TwoProportions } from "./proportions.ts";
import { gaussLegendre } from "./quadrature.ts";
import { allFinite, isLevel, type Status } from "./status.ts";

export interface BetaComparison {
  /** P(treatment rate > control rate). */
  readonly chanceToWin: number | null;
  readonly chanceToLose: number | null;
  /** Expected loss in rate if the treatment is shipped though the control is better. */
  readonly lossTreatment: number | null;
  /** Expected loss in rate if the control is kept though the treatment is better. */
  readonly lossControl: number | null;
  readonly meanC: number | null;
  readonly meanT: number | null;
  readonly ciC: readonly [number, number] | null;
  readonly ciT: readonly [number, number] | null;
  readonly status: Status;
}

const NONE = {
  chanceToWin: null,
  chanceToLose: null,
  lossTreatment: null,
  lossControl: null,
  meanC: null,
  meanT: null,
  ciC: null,
  ciT: null,
};

interface Beta {
  readonly a: number;
  readonly b: number;
}

const TAIL_POINTS = [1e-30, 1e-22, 1e-15, 1e-10, 1e-6, 1e-3, 0.03, 0.2];
const SDS = [1, 2, 3.5, 5, 7, 10, 14, 20, 28, 40];
const NODES = 16;
const MAX_UNITS = 1e11;

const meanOf = ({ a, b }: Beta) => a / (a + b);
const sdOf = ({ a, b }: Beta) => Math.sqrt(((a / (a + b)) * (b / (a + b))) / (a + b + 1));

/**
 * Where to cut [0, 1] so that every panel is smooth at its own scale: quantiles of both tails (a cut at ±sd alone misses
 * the exponential tail of an arm without successes), multiples of the sd, and the gap between two distant posteriors.
 */
function cutPoints(c: Beta, t: Beta): number[] {
  const points = [0, 1];
  for (const arm of [c, t]) {
    const [mean, sd] = [meanOf(arm), sdOf(arm)];
    for (const k of SDS) points.push(mean - k * sd, mean + k * sd);
    points.push(mean);
    for (const q of TAIL_POINTS) {
      points.push(betaQuantile(q, arm.a, arm.b).x, betaQuantile(q, arm.b, arm.a).y);
    }
  }
  const [from, to] = [meanOf(c), meanOf(t)];
  for (let i = 1; i < 16; i++) points.push(from + ((to - from) * i) / 16);
  const sorted = points.filter((x) => x >= 0 && x <= 1).sort((x, y) => x - y);
  const finest = 0.05 * Math.min(sdOf(c), sdOf(t));
  return sorted.filter((x, i) => i === 0 || i === sorted.length - 1 || x - sorted[i - 1]! > finest);
}

interface Integrals {
  win: number;
  lose: number;
  lossT: number;
  lossC: number;
}

/** Adds the four integrals over one panel; all integrands are non-negative, so nothing cancels. */
function addPanel(sum: Integrals, from: number, to: number, c: Beta, t: Beta): void {
  const rule = gaussLegendre(NODES);
  const half = (to - from) / 2;
  for (let i = 0; i < NODES; i++) {
    const x = from + half * (1 - rule.x[i]!);
    const y = 1 - x;
    if (x <= 0 || y <= 0) continue; // rounded onto the border, where nothing is
    const [ct, tt] = [logBetaTails(x, y, c.a, c.b), logBetaTails(x, y, t.a, t.b)];
    const logDensityT = logBetaPrefactor(x, y, t.a, t.b) - Math.log(x) - Math.log(y);
    const w = half * rule.w[i]!;
    sum.win += w * Math.exp(logDensityT + ct.logCdf);
    sum.lose += w * Math.exp(logDensityT + ct.logSf);
    sum.lossT += w * Math.exp(tt.logCdf + ct.logSf);
    sum.lossC += w * Math.exp(ct.logCdf + tt.logSf);
  }
}

/** Rates above ½ are integrated as failure rates with the arms swapped, where they are small numbers again. */
function integrate(c: Beta, t: Beta): Integrals {
  const sum: Integrals = { win: 0, lose: 0, lossT: 0, lossC: 0 };
  const high = meanOf(c) + meanOf(t) > 1;
  const [from, to] = high
    ? [
        { a: t.b, b: t.a },
        { a: c.b, b: c.a },
      ]
    : [c, t];
  const cuts = cutPoints(from, to);
  for (let i = 1; i < cuts.length; i++) addPanel(sum, cuts[i - 1]!, cuts[i]!, from, to);
  return sum;
}

/**
 * `bayes.betaBinomial`: exact companion of a proportion test under Beta(a0, b0) priors. A flat prior's chance to win is
 * one minus a one-sided p and inherits its peeking: show it, do not stop on it. Exact up to 1e9 units, tens of milliseconds.
 */
export function betaBinomial(
  input: TwoProportions & {
    readonly a0?: number | undefined;
    readonly b0?: number | undefined;
    readonly credible?: number | undefined;
  },
): BetaComparison {
  const { xc, nc, xt, nt, a0 = 1, b0 = 1, credible = 0.95 } = input;
  const problem = countsProblem(input);
  if (problem) return { ...NONE, status: problem };
  if (!allFinite(a0, b0) || a0 <= 0 || b0 <= 0 || !isLevel(credible))
    return { ...NONE, status: "invalid_parameter" };
  if (nc + nt > MAX_UNITS) return { ...NONE, status: "too_large" };
  const c = { a: a0 + xc, b: b0 + nc - xc };
  const t = { a: a0 + xt, b: b0 + nt - xt };
  const sum = integrate(c, t);
  return {
    chanceToWin: Math.min(1, sum.win),
    chanceToLose: Math.min(1, sum.lose),
    lossTreatment: sum.lossT,
    lossControl: sum.lossC,
    meanC: meanOf(c),
    meanT: meanOf(t),
    ciC: credibleInterval(c, credible),
    ciT: credibleInterval(t, credible),
    status: "ok",
  };
}

function credibleInterval({ a, b }: Beta, credible: number): [number, number] {
  const tail = (1 - credible) / 2;
  return [betaQuantile(tail, a, b).x, betaQuantile(tail, b, a).y];
}
