import { type SpendingInput, spendingProblem } from "./alpha-spending.ts";
import { type Look, walkLooks } from "./group-sequential.ts";
import { normCritical, normIsf, normSf } from "./normal.ts";
import { findDecreasingRoot } from "./roots.ts";
import { isLevel, type Status } from "./status.ts";

/**
 * P(the effect is called at some look) when the final z is expected at `drift`. Paths under an effect are those without
 * one, reweighted by exp(θx − θ²t/2), so that the design is integrated once for any drift.
 */
function crossingProbability(looks: readonly Look[], drift: number): number {
  return looks.reduce((total, { t, c, step, before, running }) => {
    const b = c * Math.sqrt(t);
    const ahead = drift * step * step;
    let sum = 0;
    for (let i = 0; i < running.x.length; i++) {
      for (const x of [running.x[i]!, -running.x[i]!]) {
        const weight = running.mass[i]! * Math.exp(drift * x - (drift * drift * before) / 2);
        sum += weight * (normSf((b - x - ahead) / step) + normSf((b + x + ahead) / step));
      }
    }
    return total + sum;
  }, 0);
}

export interface SequentialSize {
  /** Units of the design over units of a fixed test with the same power: multiply the planned size by it. */
  readonly inflation: number | null;
  /** Expected z at the planned end that gives the power. */
  readonly drift: number | null;
  readonly status: Status;
}

/**
 * What looking early costs: how much larger than a fixed test a group-sequential one must be for the same power, exactly
 * (Jennison & Turnbull 1999). The rule of thumb (c_K / z_{α/2})² is an upper bound. The last look must be at t = 1.
 */
export function sequentialInflation(
  input: SpendingInput & { readonly power?: number | undefined },
): SequentialSize {
  const { alpha = 0.05, power = 0.8 } = input;
  const none = { inflation: null, drift: null };
  const problem = spendingProblem(input);
  if (problem) return { ...none, status: problem };
  if (!isLevel(power) || power <= alpha || (input.t.at(-1) ?? 0) < 1)
    return { ...none, status: "invalid_parameter" };
  const looks = walkLooks(input);
  const fixed = normCritical(alpha) + normIsf(1 - power);
  const drift = findDecreasingRoot((theta) => power - crossingProbability(looks, theta), fixed, 0.05, 0, 40);
  return { inflation: (drift / fixed) ** 2, drift, status: "ok" };
}
