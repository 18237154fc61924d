import { createHash } from "node:crypto";

/** The same for the same content in the same order of keys. */
export function hashOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
