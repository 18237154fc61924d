import { logPFromZ } from "./normal.ts";
import { countsProblem, type TwoProportions } from "./proportions.ts";
import { type Alternative, isFiniteNumber, type Status } from "./status.ts";

/**
 * Most likely control proportion under pt − pc = δ (Miettinen & Nurminen 1985): the trigonometric root of the cubic,
 * then Newton on the score equation, because the root alone loses its digits near the borders and at n = 1e9.
 */
export function restrictedControlRate({ xc, nc, xt, nt }: TwoProportions, delta: number): number {
  const [low, high] = [Math.max(0, -delta), Math.min(1, 1 - delta)];
  const n = nc + nt;
  const m = xc + xt;
  const l2 = ((nt + 2 * nc) * delta - n - m) / n;
  const l1 = ((nc * delta - n - 2 * xc) * delta + m) / n;
  const l0 = (xc * delta * (1 - delta)) / n;
  const third = l2 / 3;
  const q = third ** 3 - (third * l1) / 2 + l0 / 2;
  const p = Math.sign(q) * Math.sqrt(Math.max(0, third * third - l1 / 3));
  const angle = p === 0 ? 0.5 * Math.PI : (Math.PI + Math.acos(Math.min(1, Math.max(-1, q / p ** 3)))) / 3;
  const root = Math.min(high, Math.max(low, 2 * p * Math.cos(angle) - third));
  return polish({ xc, nc, xt, nt }, delta, root, low, high);
}

function polish(counts: TwoProportions, delta: number, root: number, low: number, high: number): number {
  const { xc, xt } = counts;
  const [yc, yt] = [counts.nc - xc, counts.nt - xt];
  let pc = root;
  for (let step = 0; step < 8; step++) {
    const [qc, pt, qt] = [1 - pc, pc + delta, 1 - pc - delta];
    if (pc <= low || pc >= high || pt <= 0 || qt <= 0) return pc;
    const slope = xc / pc - yc / qc + xt / pt - yt / qt;
    const bend = xc / pc / pc + yc / qc / qc + xt / pt / pt + yt / qt / qt;
    const next = pc + slope / bend;
    if (!(next > low && next < high)) return pc;
    const small = Math.abs(next - pc) <= 1e-15 * pc;
    pc = next;
    if (small) return pc;
  }
  return pc;
}

/**
 * Score statistic for pt − pc = δ, falling in δ. `correction` multiplies the variance by N/(N − 1) (Miettinen–Nurminen);
 * without it this is Farrington–Manning's, and at δ = 0 the pooled z. 0/0 (nothing varies, nothing differs) is 0.
 */
export function scoreStatistic(counts: TwoProportions, delta: number, correction: boolean): number {
  const { xc, nc, xt, nt } = counts;
  const gap = xt / nt - xc / nc - delta;
  const pc = restrictedControlRate(counts, delta);
  const pt = Math.min(1, Math.max(0, pc + delta));
  const inflation = correction ? (nc + nt) / (nc + nt - 1) : 1;
  const variance = ((pt * (1 - pt)) / nt + (pc * (1 - pc)) / nc) * inflation;
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
