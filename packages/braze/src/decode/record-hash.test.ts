import { expect, it } from "vitest";
import { recordHash } from "./record-hash.ts";

it("is the same for the same content in any order of keys", () => {
  expect(recordHash({ a: 1, b: { c: [1, { d: 2, e: 3 }] } })).toBe(
    recordHash({ b: { c: [1, { e: 3, d: 2 }] }, a: 1 }),
  );
});

it.each<[unknown, unknown]>([
  [{ a: 1 }, { a: 2 }],
  [{ a: 1 }, { a: "1" }],
  [{ a: [1, 2] }, { a: [2, 1] }],
  [{ a: { b: 1 } }, { a: [["b", 1]], c: null }],
  [{ a: null }, {}],
])("differs for %j and %j", (one, other) => {
  expect(recordHash(one)).not.toBe(recordHash(other));
});

it("leaves out what changes by itself", () => {
  expect(recordHash({ name: "n", last_sent: 1 }, ["last_sent"])).toBe(
    recordHash({ name: "n", last_sent: 2 }, ["last_sent"]),
  );
});

it("has none for what is no object or too deep", () => {
  let deep: unknown = 1;
  for (let i = 0; i < 10_000; i++) deep = [deep];
  for (const value of ["x", null, [1], { a: deep }]) expect(recordHash(value)).toBeNull();
});
