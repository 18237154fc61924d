import { createHash } from "node:crypto";
import { isObject, isTooDeep } from "./row-sink.ts";

/**
 * A hash of what an object is, for history by comparison: the same for the same content in any order of keys. `without` names
 * the fields that change by themselves (counters, the last send). Null for what cannot be hashed.
 */
export function recordHash(value: unknown, without: readonly string[] = []): string | null {
  if (!isObject(value) || isTooDeep(value)) return null;
  const kept = Object.fromEntries(Object.entries(value).filter(([name]) => !without.includes(name)));
  return createHash("sha256")
    .update(JSON.stringify(sorted(kept)))
    .digest("hex")
    .slice(0, 32);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const names = Object.keys(value).toSorted();
  return names.map((name) => [name, sorted(value[name])]);
}
