import type { BrazeSource } from "@lifecycle/braze";
import { type DayWindow, errorCode } from "@lifecycle/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, vi } from "vitest";
import { failureOf, KEY, openWorkspace, readAll, type TestWorkspace } from "./braze-support/workspace.ts";

let at: TestWorkspace;
let source: BrazeSource;
let window: DayWindow;

beforeAll(async () => {
  at = await openWorkspace(inject("redisUrl"), ...["--campaigns", "8", "--canvases", "1", "--days", "30"]);
  source = at.open();
  window = at.window(28);
});
afterAll(() => at.close());
beforeEach(async () => void (await at.sandbox.control("faults", { reset: true })));

describe("what goes wrong", () => {
  it.each([
    ["500", "braze.server_error"],
    ["503", "braze.server_error"],
    ["cut", "braze.connection"],
    ["malformed", "braze.malformed_body"],
    ["html", "braze.malformed_body"],
    ["truncated_gzip", "braze.malformed_body"],
    ["redirect", "braze.redirected"],
    ["huge_error", "braze.server_error"],
  ])("%s comes out as %s", async (fault, code) => {
    await at.sandbox.control("faults", { [fault]: 1 });
    const error = await failureOf(source, "campaigns-list");
    expect(errorCode(error)).toBe(code);
    expect(String(error)).toMatch(/campaigns-list/);
    expect(String(error)).not.toContain(KEY);
  });

  it("wrong types lose no row: each is read, set aside, or the answer is refused whole", async () => {
    await at.sandbox.control("faults", { wrong_types: 1 });
    const campaigns = await at.truth<{ campaign_id: string; days: unknown[] }[]>("campaigns", window);
    for (const { campaign_id, days } of campaigns) {
      try {
        const wanted = { objectId: campaign_id, window };
        for await (const page of source.extract("campaigns-data-series", wanted, {
          signal: AbortSignal.timeout(200_000),
        })) {
          const of = (all: readonly { target: string }[]) =>
            all.filter((each) => each.target === "raw_campaign_daily");
          expect(of(page.rows).length + of(page.rejected).length + page.outsideWindow).toBe(days.length);
        }
      } catch (error) {
        expect(errorCode(error)).toBe("braze.unexpected_shape");
      }
    }
  });

  it("a 429 holds the whole bucket until its reset", async () => {
    const hold = vi.spyOn(at.limiters.get("default")!, "hold");
    await at.sandbox.control("faults", { "429": 1 });
    const error = await failureOf(source, "campaigns-list");
    expect(errorCode(error)).toBe("braze.rate_limited");
    await at.sandbox.control("faults", { reset: true });
    expect(hold).toHaveBeenCalledOnce();
    await readAll(source, "campaigns-list");
    expect(Date.now()).toBeGreaterThanOrEqual(hold.mock.calls[0]![0].getTime());
  });

  it("a wrong key is refused, and never shown", async () => {
    const stranger = at.open({ apiKey: "not-the-key-at-all" });
    const error = await failureOf(stranger, "campaigns-list");
    expect(errorCode(error)).toBe("braze.key_rejected");
    expect(String(error)).not.toContain("not-the-key-at-all");
    expect((await stranger.probe()).map(({ state }) => state)).toEqual(stranger.resources.map(() => "off"));
    await expect(stranger.checkPermissions()).rejects.toMatchObject({ code: "braze.key_rejected" });
  });

  it("an unknown object, a window that is too long, a resource nobody has", async () => {
    const objectId = "00000000-0000-0000-0000-000000000000";
    expect(errorCode(await failureOf(source, "campaigns-details", { objectId }))).toMatch(
      /bad_request|not_found/,
    );
    const long = { from: "2025-01-01", until: "2026-01-01" };
    expect(errorCode(await failureOf(source, "campaigns-data-series", { objectId, window: long }))).toBe(
      "braze.bad_extract",
    );
    expect(errorCode(await failureOf(source, "campaigns-details"))).toBe("braze.bad_extract");
    expect(errorCode(await failureOf(source, "feature-flags"))).toBe("braze.unknown_resource");
  });

  it("an abort ends an extraction with its own reason", async () => {
    await at.sandbox.control("faults", { slow: { rate: 1, delay_ms: 5_000 } });
    const abort = new AbortController();
    const reason = new Error("shutdown");
    setTimeout(() => abort.abort(reason), 100);
    const page = source.extract("campaigns-list", {}, { signal: abort.signal }).next();
    await expect(page).rejects.toBe(reason);
  });
});
