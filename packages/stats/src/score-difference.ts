import { logPFromZ } from "./normal.ts";
import { countsProblem, type TwoProportions } from "./proportions.ts";
import { type Alternative, isFiniteNumber, type Status } from "./status.ts";

/**
 * Most likely control proportion under pt − pc = δ ≥ 0 (Miettinen & Nurminen 1985): the trigonometric root of the cubic,
 * then Newton on the score equation, because the root alone loses its digits near the borders and at n = 1e9.
 */
function restrictedControlRate(counts: TwoProportions, delta: number): number {
  const { xc, nc, xt, nt } = counts;
  const high = 1 - delta;
  if (scoreSlope(counts, 0, delta, 1, high) <= 0) return 0;
  if (scoreSlope(counts, high, 1, delta, 0) >= 0) return high;
  const n = nc + nt;
  const m = xc + xt;
  const third = ((nt + 2 * nc) * delta - n - m) / n / 3;
  const l1 = ((nc * delta - n - 2 * xc) * delta + m) / n;
  const l0 = (xc * delta * high) / n;
  const q = third ** 3 - (third * l1) / 2 + l0 / 2;
  const p = Math.sign(q) * Math.sqrt(Math.max(0, third * third - l1 / 3));
  const angle = p === 0 ? 0 : (Math.PI + Math.acos(Math.min(1, Math.max(-1, q / p ** 3)))) / 3;
  return polish(counts, delta, 2 * p * Math.cos(angle) - third);
}

/** x/p, and 0 where there is nothing to divide: a border without observations does not repel. */
const term = (x: number, p: number) => (x === 0 ? 0 : x / p);

function scoreSlope(
  { xc, nc, xt, nt }: TwoProportions,
  pc: number,
  pt: number,
  qc: number,
  qt: number,
): number {
  return term(xc, pc) - term(nc - xc, qc) + term(xt, pt) - term(nt - xt, qt);
}

/** Newton inside (0, 1 − δ); a step beyond a border goes half the way there instead. */
function polish(counts: TwoProportions, delta: number, root: number): number {
  const { xc, nc, xt, nt } = counts;
  const high = 1 - delta;
  let pc = root > 0 && root < high ? root : high / 2;
  for (let step = 0; step < 60; step++) {
    const [qc, pt, qt] = [1 - pc, pc + delta, high - pc];
    const bend = term(xc, pc) / pc + term(nc - xc, qc) / qc + term(xt, pt) / pt + term(nt - xt, qt) / qt;
    const newton = pc + scoreSlope(counts, pc, pt, qc, qt) / bend;
    const next = newton <= 0 ? pc / 2 : newton >= high ? (pc + high) / 2 : newton;
    const done = Math.abs(next - pc) <= 1e-9 * pc; // quadratic: the error left is its square
    pc = next;
    if (done) break;
  }
  return pc;
}

/** The same question with δ ≥ 0 and rates below ½: small numbers are then held, never differences from 1. */
function canonical({ xc, nc, xt, nt }: TwoProportions, delta: number): TwoProportions {
  const rising = delta >= 0 ? { xc, nc, xt, nt } : { xc: xt, nc: nt, xt: xc, nt: nc };
  if (2 * (xc + xt) <= nc + nt) return rising;
  return { xc: rising.nt - rising.xt, nc: rising.nt, xt: rising.nc - rising.xc, nt: rising.nc };
}

/**
 * Score statistic for pt − pc = δ, falling in δ. `correction` multiplies the variance by N/(N − 1) (Miettinen–Nurminen);
 * without it this is Farrington–Manning's, and at δ = 0 the pooled z. 0/0 (nothing varies, nothing differs) is 0.
 */
export function scoreStatistic(counts: TwoProportions, delta: number, correction: boolean): number {
  const gap = counts.xt / counts.nt - counts.xc / counts.nc - delta;
  const turned = canonical(counts, delta);
  const n = turned.nc + turned.nt;
  const pc = restrictedControlRate(turned, Math.abs(delta));
  const pt = pc + Math.abs(delta);
  const inflation = correction ? n / (n - 1) : 1;
  const variance = ((pt * Math.max(0, 1 - pt)) / turned.nt + (pc * (1 - pc)) / turned.nc) * inflation;
  if (variance > 0) return gap / Math.sqrt(variance);
  return gap === 0 ? 0 : gap * Number.POSITIVE_INFINITY;
}

export interface ScoreTest {
  readonly z: number | null;
  readonly p: number | null;
  readonly logp: number | null;
  readonly status: Status;
}

/** `prop.scoretest`: score test of pt − pc = delta0 (−1 < delta0 < 1). Dual to the Miettinen–Nurminen interval. */
export function proportionScoreTest(
  input: TwoProportions & {
    readonly delta0?: number | undefined;
    readonly correction?: boolean | undefined;
    readonly alternative?: Alternative | undefined;
  },
): ScoreTest {
  const none = { z: null, p: null, logp: null };
  const { delta0 = 0, correction = true, alternative = "two-sided" } = input;
  const problem = countsProblem(input);
  if (problem) return { ...none, status: problem };
  if (!isFiniteNumber(delta0) || Math.abs(delta0) >= 1) return { ...none, status: "invalid_parameter" };
  const converted = input.xc + input.xt;
  if (delta0 === 0 && (converted === 0 || converted === input.nc + input.nt)) {
    return { z: null, p: 1, logp: 0, status: "degenerate" };
  }
  const z = scoreStatistic(input, delta0, correction);
  const logp = logPFromZ(z, alternative);
  return { z, p: Math.exp(logp), logp, status: "ok" };
}
