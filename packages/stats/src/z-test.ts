import { intervalAround } from "./means.ts";
import { logPFromZ, normCritical } from "./normal.ts";
import type { Alternative } from "./status.ts";

export interface ZTest {
  readonly z: number;
  readonly p: number;
  readonly logp: number;
  readonly lower: number;
  readonly upper: number;
}

/** An estimate with a known standard error (> 0) as z test with interval: how ratios and CUPED are read. */
export function zTest(
  estimate: number,
  se: number,
  alpha: number,
  alternative: Alternative = "two-sided",
): ZTest {
  const z = estimate / se;
  const logp = logPFromZ(z, alternative);
  const half = normCritical(alpha, alternative) * se;
  return { z, p: Math.exp(logp), logp, ...intervalAround(estimate, half, alternative) };
}
