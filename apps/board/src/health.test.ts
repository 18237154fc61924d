import { describe, expect, it } from "vitest";
import { readiness } from "./health.ts";

const fine = async () => {};

describe("readiness", () => {
  it("needs everything it asks", async () => {
    expect((await readiness({ redis: fine, ledger: fine }, false)).ready).toBe(true);
    const broken = await readiness({ redis: fine, ledger: () => Promise.reject(new Error("gone")) }, false);
    expect(broken.ready).toBe(false);
    expect(broken.checks).toMatchObject({ redis: { ok: true }, ledger: { ok: false, reason: "gone" } });
  });
  it("does not wait for what never answers", async () => {
    const state = await readiness({ redis: () => new Promise(() => {}) }, false);
    expect(state.checks.redis).toEqual({ ok: false, reason: "no answer within 2000 ms" });
  });
  it("says no while draining, whatever the rest says", async () =>
    expect((await readiness({ redis: fine }, true)).ready).toBe(false));
});
