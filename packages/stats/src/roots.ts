const EPSILON = 2 ** -52;
const MAX_STEPS = 200;

/**
 * Root of a continuous monotone function on [lo, hi] to machine precision (Chandrupatla 1997: inverse quadratic steps,
 * bisection whenever they cannot be trusted). If both ends have the same sign the end nearer to zero comes back.
 */
export function findRoot(f: (x: number) => number, lo: number, hi: number): number {
  let [a, b] = [hi, lo];
  let [fa, fb] = [f(a), f(b)];
  if (fa === 0) return a;
  if (fb === 0) return b;
  if (Math.sign(fa) === Math.sign(fb)) return Math.abs(fa) < Math.abs(fb) ? a : b;
  let [c, fc] = [a, fa];
  let t = 0.5;
  for (let step = 0; step < MAX_STEPS; step++) {
    const x = a + t * (b - a);
    const fx = f(x);
    if (Math.sign(fx) === Math.sign(fa)) {
      [c, fc] = [a, fa];
    } else {
      [c, fc] = [b, fb];
      [b, fb] = [a, fa];
    }
    [a, fa] = [x, fx];
    const best = Math.abs(fa) < Math.abs(fb) ? a : b;
    const tolerance = 2 * EPSILON * Math.abs(best) + Number.MIN_VALUE;
    const share = tolerance / Math.abs(b - a);
    if (share > 0.5 || fa === 0) return best;
    t = Math.min(1 - share, Math.max(share, nextFraction(a, fa, b, fb, c, fc)));
  }
  return a;
}

function nextFraction(a: number, fa: number, b: number, fb: number, c: number, fc: number): number {
  const xi = (a - b) / (c - b);
  const phi = (fa - fb) / (fc - fb);
  if (!(phi ** 2 < xi && (1 - phi) ** 2 < 1 - xi)) return 0.5;
  const t = (fa / (fb - fa)) * (fc / (fb - fc)) + ((c - a) / (b - a)) * (fa / (fc - fa)) * (fb / (fc - fb));
  return Number.isFinite(t) ? t : 0.5;
}

/**
 * Root of a decreasing function, found by walking away from a guess in doubling steps and then closing in.
 * `min` and `max` bound the walk; when the sign never changes the bound that was reached comes back.
 */
export function findDecreasingRoot(
  f: (x: number) => number,
  guess: number,
  step: number,
  min: number = Number.NEGATIVE_INFINITY,
  max: number = Number.POSITIVE_INFINITY,
): number {
  const start = Math.min(max, Math.max(min, guess));
  const direction = f(start) > 0 ? 1 : -1;
  let inner = start;
  for (let width = step, tries = 0; tries < 1100; width *= 2, tries++) {
    const outer = Math.min(max, Math.max(min, start + direction * width));
    if (outer === inner) return outer;
    const value = f(outer);
    if (value === 0) return outer;
    if (value < 0 === direction > 0) return findRoot(f, Math.min(inner, outer), Math.max(inner, outer));
    inner = outer;
  }
  return inner;
}
