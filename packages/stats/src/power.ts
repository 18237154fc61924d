import { normCritical, normIsf, normSf } from "./normal.ts";
import { findRoot } from "./roots.ts";
import { allFinite, isFiniteNumber, isLevel, type Status } from "./status.ts";

interface Design {
  readonly alpha?: number | undefined;
  /** Replaces z_{α/2}: Dunnett's critical value, or the last boundary of a sequential design. */
  readonly critical?: number | undefined;
}

interface Planned extends Design {
  readonly power?: number | undefined;
}

export interface SampleSize {
  readonly nc: number | null;
  readonly nt: number | null;
  readonly ncCeil: number | null;
  readonly ntCeil: number | null;
  readonly status: Status;
}

const NO_SIZE = { nc: null, nt: null, ncCeil: null, ntCeil: null };

const isRate = (p: unknown): p is number => isFiniteNumber(p) && p >= 0 && p <= 1;

function designProblem({ alpha = 0.05, critical, power = 0.8 }: Planned): Status | null {
  if (!isLevel(alpha)) return "invalid_alpha";
  return isLevel(power) && (critical === undefined || isFiniteNumber(critical)) ? null : "invalid_parameter";
}

const criticalOf = ({ alpha = 0.05, critical }: Design) => critical ?? normCritical(alpha);

const sizes = (nc: number, ratio: number): SampleSize => ({
  nc,
  nt: nc * ratio,
  ncCeil: Math.ceil(nc),
  ntCeil: Math.ceil(nc * ratio),
  status: "ok",
});

/** Power towards the right side, and what the far side adds to it (rejecting in the wrong direction). */
function powerAt(p1: number, p2: number, nc: number, nt: number, z: number): { near: number; far: number } {
  const common = (nc * p1 + nt * p2) / (nc + nt);
  const s0 = Math.sqrt(common * (1 - common) * (1 / nc + 1 / nt));
  const s1 = Math.sqrt((p1 * (1 - p1)) / nc + (p2 * (1 - p2)) / nt);
  const gap = Math.abs(p2 - p1);
  if (s1 === 0) return { near: gap > z * s0 ? 1 : 0, far: 0 };
  return { near: normSf((z * s0 - gap) / s1), far: normSf((z * s0 + gap) / s1) };
}

/** `power.prop`: power of the two-sided score z test at true rates p1, p2 with nc and nt units. */
export function proportionPower(
  input: Design & { readonly p1: number; readonly p2: number; readonly nc: number; readonly nt: number },
): { power: number | null; status: Status } {
  const { p1, p2, nc, nt } = input;
  const problem = designProblem(input);
  if (problem) return { power: null, status: problem };
  if (!isRate(p1) || !isRate(p2) || !allFinite(nc, nt)) return { power: null, status: "invalid_parameter" };
  if (nc <= 0 || nt <= 0) return { power: null, status: "empty_arm" };
  const { near, far } = powerAt(p1, p2, nc, nt, criticalOf(input));
  return { power: Math.min(1, near + far), status: "ok" };
}

/** `power.prop.n`: units per arm to detect p1 → p2 (R's power.prop.test); `ratio` = nt/nc. Equal rates need infinitely many: null. */
export function proportionSampleSize(
  input: Planned & { readonly p1: number; readonly p2: number; readonly ratio?: number | undefined },
): SampleSize {
  const { p1, p2, power = 0.8, ratio: k = 1 } = input;
  const problem = designProblem(input);
  if (problem) return { ...NO_SIZE, status: problem };
  if (!isRate(p1) || !isRate(p2) || !isFiniteNumber(k) || k <= 0)
    return { ...NO_SIZE, status: "invalid_parameter" };
  if (p1 === p2) return { ...NO_SIZE, status: "unreachable" };
  const common = (p1 + k * p2) / (1 + k);
  const under0 = criticalOf(input) * Math.sqrt(common * (1 - common) * (1 + 1 / k));
  const under1 = normIsf(1 - power) * Math.sqrt(p1 * (1 - p1) + (p2 * (1 - p2)) / k);
  return sizes((Math.max(0, under0 + under1) / (p2 - p1)) ** 2, k);
}

export interface DetectableRate {
  readonly p2: number | null;
  readonly absolute: number | null;
  readonly relative: number | null;
  readonly status: Status;
}

/** `power.prop.mde`: smallest rate above p1 that nc and nt units detect, as such, with the wanted power; null when none can be. */
export function proportionMde(
  input: Planned & { readonly p1: number; readonly nc: number; readonly nt: number },
): DetectableRate {
  const none = { p2: null, absolute: null, relative: null };
  const { p1, nc, nt, power = 0.8 } = input;
  const problem = designProblem(input);
  if (problem) return { ...none, status: problem };
  if (!isRate(p1) || !allFinite(nc, nt)) return { ...none, status: "invalid_parameter" };
  if (nc <= 0 || nt <= 0) return { ...none, status: "empty_arm" };
  const z = criticalOf(input);
  const f = (p2: number) => powerAt(p1, p2, nc, nt, z).near - power;
  if (p1 >= 1 || f(1) < 0 || f(p1) >= 0) return { ...none, status: "unreachable" };
  const p2 = findRoot(f, p1, 1);
  return { p2, absolute: p2 - p1, relative: p1 > 0 ? (p2 - p1) / p1 : null, status: "ok" };
}

/** `power.mean.n`: units per arm to detect a difference of means `delta` at standard deviations sdC, sdT. */
export function meanSampleSize(
  input: Planned & {
    readonly sdC: number;
    readonly sdT: number;
    readonly delta: number;
    readonly ratio?: number | undefined;
  },
): SampleSize {
  const { sdC, sdT, delta, ratio: k = 1, power = 0.8 } = input;
  const problem = designProblem(input);
  if (problem) return { ...NO_SIZE, status: problem };
  if (!allFinite(sdC, sdT, delta, k) || sdC < 0 || sdT < 0 || k <= 0)
    return { ...NO_SIZE, status: "invalid_parameter" };
  if (delta === 0) return { ...NO_SIZE, status: "unreachable" };
  const reach = criticalOf(input) + normIsf(1 - power);
  return sizes((Math.max(0, reach) / delta) ** 2 * (sdC ** 2 + sdT ** 2 / k), k);
}

/** `power.mean.mde`: difference of means that nc and nt units detect with the wanted power, in the metric's unit. */
export function meanMde(
  input: Planned & { readonly sdC: number; readonly sdT: number; readonly nc: number; readonly nt: number },
): { absolute: number | null; status: Status } {
  const { sdC, sdT, nc, nt, power = 0.8 } = input;
  const problem = designProblem(input);
  if (problem) return { absolute: null, status: problem };
  if (!allFinite(sdC, sdT, nc, nt) || sdC < 0 || sdT < 0)
    return { absolute: null, status: "invalid_parameter" };
  if (nc <= 0 || nt <= 0) return { absolute: null, status: "empty_arm" };
  const reach = criticalOf(input) + normIsf(1 - power);
  return { absolute: Math.max(0, reach) * Math.sqrt(sdC ** 2 / nc + sdT ** 2 / nt), status: "ok" };
}
