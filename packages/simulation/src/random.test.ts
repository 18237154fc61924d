import { describe, expect, it } from "vitest";
import { fraction, hash32, hashPair, Stream, uuid } from "./random.ts";

describe("random", () => {
  it("gives the same numbers for ever", () => {
    const stream = new Stream(42);
    const drawn = [stream.next(), stream.next(), stream.below(1_000)];
    const again = new Stream(42);
    expect([again.next(), again.next(), again.below(1_000)]).toEqual(drawn);
    expect(hash32(1, 2, 3)).toBe(hash32(1, 2, 3));
    expect(hash32(1, 2)).not.toBe(hash32(2, 1));
  });

  it("spreads evenly: streams, hashes of neighbours, and pairs", () => {
    const stream = new Stream(7);
    const sources = [
      () => stream.next(),
      (index: number) => fraction(hash32(5, index)),
      (index: number) => fraction(hashPair(99, index)),
    ];
    for (const source of sources) {
      const counts = new Array<number>(20).fill(0);
      for (let index = 0; index < 40_000; index++) counts[Math.floor(source(index) * 20)]!++;
      const chiSquare = counts.reduce((sum, count) => sum + (count - 2_000) ** 2 / 2_000, 0);
      expect(chiSquare).toBeLessThan(45); // 19 degrees of freedom: 43.8 is passed once in a thousand.
    }
  });

  it("waits about as long as asked and never as long as the limit", () => {
    const stream = new Stream(3);
    const waits = Array.from({ length: 20_000 }, () => stream.wait(10, 1_000));
    expect(waits.reduce((sum, wait) => sum + wait, 0) / waits.length).toBeCloseTo(10, 0);
    expect(Math.max(...Array.from({ length: 20_000 }, () => stream.wait(50, 100)))).toBeLessThan(100);
  });

  it("makes ids of the shape of a UUID, without repeats", () => {
    const ids = new Set(Array.from({ length: 20_000 }, (_, index) => uuid(1, index)));
    expect(ids.size).toBe(20_000);
    for (const id of [...ids].slice(0, 50))
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});
