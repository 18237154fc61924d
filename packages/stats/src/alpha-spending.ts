import { normIsf, normSf } from "./normal.ts";
import { isFiniteNumber, isLevel, type Status } from "./status.ts";

export type SpendingFamily = "obf" | "pocock" | "power" | "hsd";

/** What one side has spent of `a` at information share t in (0, 1] (Lan & DeMets 1983; Jennison & Turnbull 1999). */
const SPENDING: Record<SpendingFamily, (a: number, t: number, param: number) => number> = {
  obf: (a, t) => 2 * normSf(normIsf(a / 2) / Math.sqrt(t)),
  pocock: (a, t) => a * Math.log1p((Math.E - 1) * t),
  power: (a, t, rho) => a * t ** rho,
  hsd: (a, t, gamma) => (gamma === 0 ? a * t : (a * Math.expm1(-gamma * t)) / Math.expm1(-gamma)),
};

const DEFAULT_PARAM: Record<SpendingFamily, number> = { obf: 0, pocock: 0, power: 2, hsd: -4 };

export interface SpendingInput {
  readonly family?: SpendingFamily | undefined;
  /** Two-sided level over all looks. */
  readonly alpha?: number | undefined;
  /** Information share of each look, n_k / N_planned, rising; above 1 counts as 1. */
  readonly t: readonly number[];
  /** ρ of `power` (default 2), γ of `hsd` (default −4); ignored otherwise. */
  readonly param?: number | null | undefined;
}

/** The level that may be used up by information share t, both sides together. */
export function spentAt(family: SpendingFamily, alpha: number, t: number, param?: number | null): number {
  if (t <= 0) return 0;
  if (t >= 1) return alpha;
  return 2 * SPENDING[family](alpha / 2, t, param ?? DEFAULT_PARAM[family]);
}

export function spendingProblem({ family = "obf", alpha = 0.05, t, param }: SpendingInput): Status | null {
  if (!isLevel(alpha)) return "invalid_alpha";
  if (!Object.hasOwn(SPENDING, family)) return "invalid_parameter";
  if (!t.every(isFiniteNumber)) return "non_finite";
  if (t.some((share, i) => share <= 0 || (i > 0 && share < t[i - 1]!))) return "invalid_parameter";
  const fits =
    param === null || param === undefined || (isFiniteNumber(param) && (family !== "power" || param > 0));
  return fits ? null : "invalid_parameter";
}

/** `gs.spending`: cumulative two-sided level spent at each look. */
export function alphaSpending(input: SpendingInput): { cumulative: number[] | null; status: Status } {
  const problem = spendingProblem(input);
  if (problem) return { cumulative: null, status: problem };
  const { family = "obf", alpha = 0.05, param } = input;
  return { cumulative: input.t.map((t) => spentAt(family, alpha, t, param)), status: "ok" };
}
