import { type BrazeSource, brazeCatalogue } from "@lifecycle/braze";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from "vitest";
import { openWorkspace, type TestWorkspace } from "./braze-support/workspace.ts";

let at: TestWorkspace;
let source: BrazeSource;

beforeAll(async () => {
  at = await openWorkspace(
    inject("redisUrl"),
    ...["--campaigns", "2", "--canvases", "1", "--days", "5", "--limits", "names_and_products=100000/h"],
  );
  source = at.open({ resources: brazeCatalogue.map(({ slug }) => slug) });
});
afterAll(() => at.close());
beforeEach(async () => void (await at.sandbox.control("faults", { reset: true })));

describe("permissions", () => {
  it("a probe asks once per scope and starts nothing", async () => {
    await at.sandbox.control("stats/reset", {});
    const probed = await source.probe();
    expect(probed.every(({ state, isCertain }) => state === "on" && isCertain)).toBe(true);
    const { received } = (await at.sandbox.control("stats")) as { received: number };
    const scopes = new Set(brazeCatalogue.map(({ scope }) => scope).filter(Boolean));
    expect(received).toBe(scopes.size - 1);
  });

  it("a scope that is missing takes its resource out, with what needs it, and says so once", async () => {
    const scopes = "campaigns.list,canvas.list,canvas.details,segments.data_series,kpi.dau.data_series";
    const other = await openWorkspace(
      inject("redisUrl"),
      "--campaigns",
      "1",
      "--canvases",
      "1",
      "--days",
      "5",
      "--scopes",
      scopes,
    );
    const kept: unknown[] = [];
    const memory = { read: async () => kept[0] as never, write: async (off: unknown) => void kept.push(off) };
    const resources = [
      "campaigns-list",
      "campaigns-details",
      "canvas-details",
      "segments-data-series",
      "kpi-dau-data-series",
    ];
    try {
      const limited = other.open({ resources, permissions: memory });
      const disabled = await limited.checkPermissions();
      expect(limited.resources.map(({ slug }) => slug)).toEqual([
        "campaigns-list",
        "canvas-list",
        "canvas-details",
        "kpi-dau-data-series",
      ]);
      expect(disabled.map(({ resource }) => resource)).toEqual([
        "campaigns-details",
        "segments-list",
        "segments-data-series",
      ]);
      expect(disabled[0]?.reason).toContain("campaigns.details");
      expect(disabled[2]?.reason).toBe("it needs segments-list, which is off");
      await other.sandbox.control("stats/reset", {});
      const next = other.open({ resources, permissions: memory });
      expect(await next.checkPermissions()).toEqual(disabled);
      expect(((await other.sandbox.control("stats")) as { received: number }).received).toBe(0);
    } finally {
      await other.close();
    }
  });

  it("nothing is decided, and nothing kept, while Braze cannot be asked", async () => {
    await at.sandbox.control("faults", { "500": 1 });
    let kept = 0;
    const memory = { read: async () => undefined, write: async () => void kept++ };
    const unsure = at.open({ permissions: memory });
    expect(await unsure.checkPermissions()).toEqual([]);
    await at.sandbox.control("faults", { reset: true });
    expect(kept).toBe(0);
    await unsure.checkPermissions();
    expect(kept).toBe(1);
  });
});

it("a resource nobody knows is named before anything is asked", () => {
  expect(() => at.open({ resources: ["campaigns-list", "feature-flags"] })).toThrow(
    /no Braze resource feature-flags\. Known are campaigns-list/,
  );
});
