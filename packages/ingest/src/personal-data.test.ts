import { createHash, createHmac } from "node:crypto";
import type { TableContract } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { personalData, protectRejected, protectRow } from "./personal-data.ts";

const SALT = "a salt of some length";
const hash = personalData("hash", SALT);
const table: TableContract = {
  table: "raw_email_unsubscribe",
  columns: [
    { name: "email", type: "STRING", required: true, pii: true },
    { name: "born", type: "DATE", pii: true },
    { name: "extra", type: "JSON", pii: true },
    { name: "unsubscribed_at", type: "TIMESTAMP" },
  ],
};
const row = {
  email: "Ann@Example.org ",
  born: "1980-02-03",
  extra: { note: "ann@example.org", tags: ["+4915112345678", 7, true, null] },
  unsubscribed_at: "2026-06-01T00:00:00Z",
};
const hmac = (text: string) => createHmac("sha256", SALT).update(text).digest("hex");

describe("personal data", () => {
  it("are hashed with the key, leaf by leaf in JSON, and gone where a hash has no room", () => {
    expect(protectRow(table, row, hash)).toEqual({
      email: hmac("ann@example.org"),
      born: null,
      extra: { note: hmac("ann@example.org"), tags: [hmac("+4915112345678"), hmac("7"), true, null] },
      unsubscribed_at: row.unsubscribed_at,
    });
  });

  it("are the same person only where case does not count", () => {
    expect(hash.hash("ANN@example.ORG")).toBe(hash.hash("ann@example.org"));
    expect(hash.hash("U_1")).not.toBe(hash.hash("u_1"));
    expect(personalData("hash", "another salt").hash("U_1")).not.toBe(hash.hash("U_1"));
  });

  it("are dropped or kept when the policy says so", () => {
    const drop = personalData("drop", undefined);
    expect(protectRow(table, row, drop)).toEqual({
      email: "[dropped]",
      born: null,
      extra: null,
      unsubscribed_at: row.unsubscribed_at,
    });
    expect(protectRow(table, row, personalData("keep", undefined))).toEqual(row);
    expect(protectRejected(table, row, drop)).toBeNull();
  });

  it("stand in no rejected row, wherever they hide", () => {
    const odd = { emial: "ann@example.org", deep: [{ phone: "+4915112345678" }] };
    const kept = JSON.stringify(protectRejected(table, odd, hash));
    expect(kept).not.toMatch(/ann|4915/);
    expect(kept).toContain(hmac("+4915112345678"));
    const plain: TableContract = { table: "raw_campaign", columns: [{ name: "name", type: "STRING" }] };
    expect(protectRejected(plain, odd, hash)).toEqual(odd);
  });

  it("stop whoever has no salt, before anything is written", () => {
    expect(() => protectRow(table, row, personalData("hash", undefined))).toThrow(
      expect.objectContaining({ code: "pii.no_salt" }),
    );
  });

  it.each(["short", "x".repeat(64), "x".repeat(200)])(
    "give an engine what it needs for the same hash (%#)",
    (salt) => {
      const { inner, outer } = personalData("hash", salt).pads();
      const sha = (...parts: Buffer[]) => createHash("sha256").update(Buffer.concat(parts)).digest();
      const found = sha(Buffer.from(outer, "hex"), sha(Buffer.from(inner, "hex"), Buffer.from("U_1")));
      expect(found.toString("hex")).toBe(personalData("hash", salt).hash("U_1"));
    },
  );
});
