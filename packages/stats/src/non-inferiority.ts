import { type MeanArm, toMoments } from "./moments.ts";
import { logNormSf, normIsf } from "./normal.ts";
import { countsProblem, type TwoProportions } from "./proportions.ts";
import { scoreStatistic } from "./score-difference.ts";
import { isFiniteNumber, isLevel, type Status } from "./status.ts";

/** Which way is good: `higher` for revenue, `lower` for unsubscribes. */
export type Direction = "higher" | "lower";

export interface Margin {
  /** `absolute`: in the metric's unit. `relative`: a share of the control's mean, whose noise is counted. */
  readonly kind: "absolute" | "relative";
  readonly value: number;
}

/** A guardrail that is not significant has not passed: it is unresolved. */
export type GuardrailState = "pass" | "fail" | "unresolved";

export interface NonInferiority {
  readonly z: number | null;
  readonly p: number | null;
  readonly logp: number | null;
  readonly nonInferior: boolean | null;
  readonly state: GuardrailState;
  readonly status: Status;
}

const NONE = { z: null, p: null, logp: null, nonInferior: null, state: "unresolved" } as const;

function judge(z: number, alpha: number): NonInferiority {
  const logp = logNormSf(z);
  const nonInferior = logp < Math.log(alpha);
  const fails = logNormSf(-z) < Math.log(alpha);
  return {
    z,
    p: Math.exp(logp),
    logp,
    nonInferior,
    state: nonInferior ? "pass" : fails ? "fail" : "unresolved",
    status: "ok",
  };
}

/**
 * `ni.mean`: is the treatment's mean worse by less than the margin? One-sided at `alpha` (default 0.025, so that `bound`
 * is the lower 95 % limit plus the margin; above 0 passes). Means with units of value 0; normal theory.
 */
export function nonInferiorMean(input: {
  readonly c: MeanArm;
  readonly t: MeanArm;
  readonly margin: Margin;
  readonly direction?: Direction | undefined;
  readonly alpha?: number | undefined;
}): NonInferiority & { readonly bound: number | null } {
  const { margin, direction = "higher", alpha = 0.025 } = input;
  const [c, t] = [toMoments(input.c), toMoments(input.t)];
  if (typeof c === "string") return { ...NONE, bound: null, status: c };
  if (typeof t === "string") return { ...NONE, bound: null, status: t };
  if (!isLevel(alpha)) return { ...NONE, bound: null, status: "invalid_alpha" };
  if (!isFiniteNumber(margin?.value) || margin.value < 0)
    return { ...NONE, bound: null, status: "invalid_parameter" };
  const sign = direction === "lower" ? -1 : 1;
  const relative = margin.kind === "relative";
  const allowed = relative ? margin.value * Math.abs(c.mean) : margin.value;
  const weight = relative ? sign - margin.value * Math.sign(c.mean) : 1;
  const estimate = sign * (t.mean - c.mean) + allowed;
  const se = Math.sqrt(t.variance / t.n + (weight ** 2 * c.variance) / c.n);
  if (se === 0) return { ...NONE, bound: null, status: "zero_variance" };
  return { ...judge(estimate / se, alpha), bound: estimate - normIsf(alpha) * se };
}

/** `ni.prop`: the same for a rate with an absolute margin, by the score test of Farrington & Manning (1990). */
export function nonInferiorProportion(
  input: TwoProportions & {
    readonly margin: number;
    readonly direction?: Direction | undefined;
    readonly alpha?: number | undefined;
  },
): NonInferiority {
  const { margin, direction = "higher", alpha = 0.025 } = input;
  const problem = countsProblem(input);
  if (problem) return { ...NONE, status: problem };
  if (!isLevel(alpha)) return { ...NONE, status: "invalid_alpha" };
  if (!isFiniteNumber(margin) || margin < 0 || margin >= 1) return { ...NONE, status: "invalid_parameter" };
  const sign = direction === "lower" ? -1 : 1;
  const z = sign * scoreStatistic(input, -sign * margin, false);
  return Number.isFinite(z) ? judge(z, alpha) : { ...NONE, status: "zero_variance" };
}
