import { expect } from "vitest";

/** Repetitions of every simulation: seeds 1 … k in order, never a chosen one. */
export const REPETITIONS = 20_000;

/** Doty-Humphrey's sfc32: 128 bits of state, so that neighbouring seeds share no stretch. */
export function random(seed: number): () => number {
  let [a, b, c, counter] = [0x9e3779b9, 0x243f6a88, seed | 0, 1];
  const next = () => {
    const t = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    return (t >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 15; warmUp++) next();
  return next;
}

/** Successes in n trials, by jumping from one to the next. */
export function successes(next: () => number, n: number, p: number): number {
  const scale = 1 / Math.log1p(-p);
  const jump = () => Math.floor(Math.log(1 - next()) * scale);
  let count = 0;
  for (let at = jump(); at < n; at += 1 + jump()) count++;
  return count;
}

/** Two independent standard normals (Box–Muller). */
export function normals(next: () => number): [number, number] {
  const radius = Math.sqrt(-2 * Math.log(1 - next()));
  const angle = 2 * Math.PI * next();
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

/** Draws from a discrete distribution in constant time (Walker's alias method). */
export function sampler<T>(
  cells: readonly { readonly value: T; readonly weight: number }[],
): (next: () => number) => T {
  const total = cells.reduce((sum, cell) => sum + cell.weight, 0);
  const share = cells.map((cell) => (cell.weight / total) * cells.length);
  const alias = cells.map((_, i) => i);
  const small = share.flatMap((s, i) => (s < 1 ? [i] : []));
  const large = share.flatMap((s, i) => (s >= 1 ? [i] : []));
  while (small.length > 0 && large.length > 0) {
    const [less, more] = [small.pop()!, large.at(-1)!];
    alias[less] = more;
    share[more]! -= 1 - share[less]!;
    if (share[more]! < 1) small.push(large.pop()!);
  }
  return (next) => {
    const position = next() * cells.length;
    const cell = Math.floor(position);
    return cells[position - cell < share[cell]! ? cell : alias[cell]!]!.value;
  };
}

/** 99.9 % of honest tests at `level` reject within this distance of it. */
export function binomialSlack(level: number, repetitions = REPETITIONS): number {
  return 3.2905 * Math.sqrt((level * (1 - level)) / repetitions);
}

/** Writes a figure down beside the test it belongs to. */
export function tell(count: number, repetitions = REPETITIONS): void {
  const share = `${((100 * count) / repetitions).toFixed(2)} %`;
  process.stdout.write(`${expect.getState().currentTestName}: ${share}\n`);
}

export function expectLevel(rejections: number, level: number, repetitions = REPETITIONS): void {
  tell(rejections, repetitions);
  expect(Math.abs(rejections / repetitions - level)).toBeLessThan(binomialSlack(level, repetitions));
}

/** For rules that promise "at most": discreteness or the wish to hold at every look makes them conservative. */
export function expectAtMost(rejections: number, level: number, repetitions = REPETITIONS): void {
  tell(rejections, repetitions);
  expect(rejections / repetitions).toBeLessThan(level + binomialSlack(level, repetitions));
}

export function countSeeds(
  holds: (next: () => number, seed: number) => boolean,
  repetitions = REPETITIONS,
): number {
  let count = 0;
  for (let seed = 1; seed <= repetitions; seed++) if (holds(random(seed), seed)) count++;
  return count;
}
