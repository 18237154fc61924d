import { expect, it } from "vitest";
import { objectionTo, redisPrefix } from "./redis-connect.ts";

const facts = { version: "7.0.15", evictionPolicy: "noeviction", usedMemoryBytes: 0 };

it("accepts 6.2 and newer, compared as numbers", () => {
  expect(objectionTo(facts)).toBeUndefined();
  expect(objectionTo({ ...facts, version: "10.0.0" })).toBeUndefined();
  expect(objectionTo({ ...facts, version: "6.0.16" })?.code).toBe("redis.too_old");
});

it("objects to a server that evicts, not to one that does not tell", () => {
  expect(objectionTo({ ...facts, evictionPolicy: "allkeys-lru" })?.code).toBe("redis.evicts");
  expect(objectionTo({ ...facts, evictionPolicy: undefined })).toBeUndefined();
});

it("keys of two landings never mix; the same landing always has the same; a setting wins", () => {
  const prefix = (path: string, own?: string) =>
    redisPrefix({ landing: { path }, redis: { prefix: own } } as never);
  expect(prefix("/a/data")).toMatch(/^lifecycle-[0-9a-f]{8}$/);
  expect(prefix("/a/data")).toBe(prefix("/a/data"));
  expect(prefix("/a/data")).not.toBe(prefix("/b/data"));
  expect(prefix("/a/data", "lifecycle-shop")).toBe("lifecycle-shop");
});
