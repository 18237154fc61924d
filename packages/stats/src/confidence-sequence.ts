import { allFinite, isFiniteNumber, isLevel, type Status } from "./status.ts";

export interface ConfidenceSequence {
  readonly lower: number | null;
  readonly upper: number | null;
  /** Valid at this look; keep the running minimum over looks. */
  readonly p: number | null;
  readonly logp: number | null;
  readonly status: Status;
}

const NONE = { lower: null, upper: null, p: null, logp: null };

/** The ρ whose sequence is tightest at `nStar` units in all (Waudby-Smith et al. 2021, eq. for the optimal ρ). */
function rhoFor(nStar: number, alpha: number): number {
  const l = -2 * Math.log(alpha);
  return Math.sqrt((l + Math.log1p(l)) / nStar);
}

/**
 * `seq.asympcs`: asymptotic confidence sequence of any estimate with a standard error (difference, CUPED, ratio): holds at
 * every look at once, without a plan. `n` units in both arms together; give `rho`, or `nStar` fixed before the start.
 * Stays in logs, so that |z| > 38 does not overflow. Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas 2021.
 */
export function asymptoticSequence(input: {
  readonly estimate: number;
  readonly se: number;
  readonly n: number;
  readonly nStar?: number | undefined;
  readonly rho?: number | undefined;
  readonly alpha?: number | undefined;
}): ConfidenceSequence & { rho: number | null } {
  const { estimate, se, n, nStar, alpha = 0.05 } = input;
  if (!isLevel(alpha)) return { rho: null, ...NONE, status: "invalid_alpha" };
  const rho = input.rho ?? (isFiniteNumber(nStar) && nStar > 0 ? rhoFor(nStar, alpha) : null);
  if (rho === null || !isFiniteNumber(rho) || rho <= 0)
    return { rho: null, ...NONE, status: "invalid_parameter" };
  if (!allFinite(estimate, se, n)) return { rho, ...NONE, status: "non_finite" };
  if (n <= 0) return { rho, ...NONE, status: n === 0 ? "empty_arm" : "negative" };
  if (se <= 0) return { rho, ...NONE, status: se === 0 ? "zero_variance" : "negative" };
  const r = n * rho * rho;
  const half = se * Math.sqrt(((2 * (r + 1)) / r) * (0.5 * Math.log1p(r) - Math.log(alpha)));
  const logE = ((r / (r + 1)) * (estimate / se) ** 2) / 2 - 0.5 * Math.log1p(r);
  const logp = Math.min(0, -logE) + 0;
  return { rho, lower: estimate - half, upper: estimate + half, p: Math.exp(logp), logp, status: "ok" };
}

/**
 * `seq.msprt`: mixture sequential test with a normal mixture of variance `tau2` over the effect (Johari, Koomen, Pekelis &
 * Walsh 2017). With τ² = ρ²·n·se² it is the confidence sequence above.
 */
export function mixtureSequentialTest(input: {
  readonly estimate: number;
  readonly se: number;
  readonly tau2: number;
  readonly alpha?: number | undefined;
}): ConfidenceSequence & { logLR: number | null } {
  const { estimate, se, tau2, alpha = 0.05 } = input;
  if (!isLevel(alpha)) return { logLR: null, ...NONE, status: "invalid_alpha" };
  if (!allFinite(estimate, se, tau2)) return { logLR: null, ...NONE, status: "non_finite" };
  if (tau2 <= 0) return { logLR: null, ...NONE, status: "invalid_parameter" };
  if (se <= 0) return { logLR: null, ...NONE, status: se === 0 ? "zero_variance" : "negative" };
  const v = se * se;
  const logInflation = Math.log1p(tau2 / v);
  const logLR = -0.5 * logInflation + ((tau2 / (v + tau2)) * (estimate / se) ** 2) / 2;
  const half = Math.sqrt(((v * (v + tau2)) / tau2) * (logInflation - 2 * Math.log(alpha)));
  const logp = Math.min(0, -logLR) + 0;
  return { logLR, lower: estimate - half, upper: estimate + half, p: Math.exp(logp), logp, status: "ok" };
}
