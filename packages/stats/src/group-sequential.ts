import { type SpendingInput, spendingProblem, spentAt } from "./alpha-spending.ts";
import { LN_SQRT_2PI } from "./log-space.ts";
import { normIsfLog, normSf } from "./normal.ts";
import { compositeNodes } from "./quadrature.ts";
import { findDecreasingRoot } from "./roots.ts";
import type { Status } from "./status.ts";

/** A look that adds less information than this is skipped: it has nothing new to say. */
const MIN_STEP = 1e-5;
const NODES_PER_PANEL = 16;
/** The density of B(t) is kept up to this many standard deviations; beyond lies 1e-315. */
const REACH = 38;
/** How far around its peak a step's contribution is followed, in standard deviations of the step. */
const KERNEL_REACH = 12;

/** Sub-density of B(t) among the paths still running, on x ≥ 0; it is even. */
export interface Running {
  readonly x: Float64Array;
  /** Quadrature weight times density. */
  readonly mass: Float64Array;
}

const START: Running = { x: Float64Array.of(0), mass: Float64Array.of(0.5) };

/** P(first outside ±b at this look), the last look being √Δ = `step` of Brownian motion away. */
function exitProbability(running: Running, b: number, step: number): number {
  let sum = 0;
  for (let i = 0; i < running.x.length; i++) {
    const x = running.x[i]!;
    sum += running.mass[i]! * (normSf((b - x) / step) + normSf((b + x) / step));
  }
  return 2 * sum;
}

/** Density after one more step among the paths that stay within ±b, on nodes fine enough for the next step too. */
function advance(running: Running, c: number, t: number, step: number, nextStep: number): Running {
  const b = c * Math.sqrt(t);
  const panels = Math.max(2, Math.ceil(b / (2 * Math.min(step, nextStep))));
  const { x, w } = compositeNodes(0, b, panels, NODES_PER_PANEL);
  const mass = new Float64Array(x.length);
  // Far out a path most likely came from well inside: the peak lies c·√(Δ/t) steps back.
  const reach = (KERNEL_REACH + c * (step / Math.sqrt(t))) * step;
  let first = 0;
  for (let j = 0; j < x.length; j++) {
    const y = x[j]!;
    while (first < running.x.length && running.x[first]! < y - reach) first++;
    let density = 0;
    for (let i = first; i < running.x.length && running.x[i]! <= y + reach; i++) {
      density += running.mass[i]! * (kernel((y - running.x[i]!) / step) + kernel((y + running.x[i]!) / step));
    }
    mass[j] = (w[j]! * density) / step;
  }
  return { x, mass };
}

const kernel = (z: number) => Math.exp(-0.5 * z * z - LN_SQRT_2PI);

export interface Bounds {
  /** |z| at which each look stops; null for a look that adds nothing (or comes after the planned end), ∞ if it cannot stop. */
  readonly z: (number | null)[] | null;
  /** Two-sided p that the boundary corresponds to at that look alone. */
  readonly nominalP: (number | null)[] | null;
  readonly status: Status;
}

/** One look that tests: its boundary, and the paths that reach it. */
export interface Look {
  /** Position in the list of looks given. */
  readonly index: number;
  readonly t: number;
  /** Boundary on |z|. */
  readonly c: number;
  /** √ of the information since the look before, whose share is `before`. */
  readonly step: number;
  readonly before: number;
  readonly running: Running;
}

/** The looks of a design in order, each with the paths still running under no effect. Inputs must have been checked. */
export function walkLooks(input: SpendingInput): Look[] {
  const { family = "obf", alpha = 0.05, param } = input;
  const shares = input.t.map((t) => Math.min(1, t));
  const used = usedLooks(shares);
  let running = START;
  return used.map((index, k) => {
    const t = shares[index]!;
    const before = k === 0 ? 0 : shares[used[k - 1]!]!;
    const step = Math.sqrt(t - before);
    const level = spentAt(family, alpha, t, param) - spentAt(family, alpha, before, param);
    const c = boundary(running, level, t, step);
    const look = { index, t, c, step, before, running };
    const next = used[k + 1];
    if (next !== undefined)
      running = advance(running, Math.min(c, REACH), t, step, Math.sqrt(shares[next]! - t));
    return look;
  });
}

/**
 * `gs.bounds`: two-sided group-sequential boundaries for the looks at information shares t, by recursive integration
 * (Armitage, McPherson & Rowe 1969) of the spending function (Lan & DeMets 1983). Depends only on the design: no data.
 * 28 daily looks take some milliseconds. Looks may be unevenly spaced; information above 1 ends the testing.
 */
export function groupSequentialBounds(input: SpendingInput): Bounds {
  const problem = spendingProblem(input);
  if (problem) return { z: null, nominalP: null, status: problem };
  const z: (number | null)[] = input.t.map(() => null);
  for (const { index, c } of walkLooks(input)) z[index] = c;
  return { z, nominalP: z.map((c) => (c === null ? null : Math.min(1, 2 * normSf(c)))), status: "ok" };
}

function usedLooks(shares: readonly number[]): number[] {
  let last = 0;
  return shares.flatMap((t, i) => {
    if (t - last < MIN_STEP) return [];
    last = t;
    return [i];
  });
}

function boundary(running: Running, level: number, t: number, step: number): number {
  if (!(level > 0)) return Number.POSITIVE_INFINITY;
  const target = Math.log(level);
  if (running === START) return normIsfLog(target - Math.LN2);
  const root = Math.sqrt(t);
  const f = (c: number) => Math.log(exitProbability(running, c * root, step)) - target;
  return findDecreasingRoot(f, normIsfLog(Math.min(target, -1e-9) - Math.LN2), 0.25, 0, 38);
}
