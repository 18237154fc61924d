/** Spreads 32 bits over 32 bits (the finaliser of MurmurHash3, Appleby 2011). */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Unsigned 32-bit hash of whole numbers; the order of the parts counts. */
export function hash32(...parts: number[]): number {
  let h = 0x9e3779b9;
  for (const part of parts) h = mix(Math.imul(h, 0x01000193) ^ (part + 0x6d2b79f5));
  return h;
}

/** `hash32` of exactly two parts without an argument array, for inner loops. */
export function hashPair(a: number, b: number): number {
  return mix(Math.imul(mix(a ^ 0x9e3779b9), 0x01000193) ^ (b + 0x6d2b79f5));
}

/** Unsigned 32-bit hash of a text. */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return mix(h);
}

/** A hash as a fraction in [0, 1). */
export function fraction(hash: number): number {
  return hash / 4_294_967_296;
}

/** A seeded stream of draws (sfc32, Doty-Humphrey). Equal seeds give equal streams on every machine. */
export class Stream {
  private a: number;
  private b: number;
  private c: number;
  private counter = 1;

  constructor(seed: number) {
    this.a = hash32(seed, 1);
    this.b = hash32(seed, 2);
    this.c = hash32(seed, 3);
    for (let i = 0; i < 8; i++) this.next();
  }

  /** The next draw, uniform in [0, 1). */
  next(): number {
    const t = (((this.a + this.b) | 0) + this.counter) | 0;
    this.counter = (this.counter + 1) | 0;
    this.a = this.b ^ (this.b >>> 9);
    this.b = (this.c + (this.c << 3)) | 0;
    this.c = ((this.c << 21) | (this.c >>> 11)) + t;
    this.c |= 0;
    return (t >>> 0) / 4_294_967_296;
  }

  /** True with the given probability; always consumes one draw. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** A whole number in [0, below). */
  below(below: number): number {
    return Math.floor(this.next() * below);
  }

  /** An exponential waiting time with roughly the given mean, cut off at `limit` (exclusive). */
  wait(mean: number, limit: number): number {
    const share = 1 - Math.exp(-limit / mean);
    return -Math.log(1 - this.next() * share) * mean;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

/** A UUID-shaped id made from a seed and what the id stands for; the same parts give the same id. */
export function uuid(...parts: number[]): string {
  const hex = [1, 2, 3, 4]
    .map((word) =>
      hash32(...parts, word)
        .toString(16)
        .padStart(8, "0"),
    )
    .join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20)}`;
}
