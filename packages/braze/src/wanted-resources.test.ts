import { frozenClock, silentLogger } from "@lifecycle/runtime";
import { expect, it } from "vitest";
import { createBrazeSource } from "./source.ts";

const create = (lookbackDays: Record<string, number>) =>
  createBrazeSource({
    workspace: "main",
    baseUrl: "http://127.0.0.1:1",
    apiKey: "sandbox-key",
    isSandbox: true,
    timeZone: "UTC",
    limiters: new Map(),
    clock: frozenClock(new Date("2026-06-30T12:00:00Z")),
    logger: silentLogger,
    lookbackDays,
  });

it("days that settings give a resource are marked as such, the others are its own", async () => {
  const source = create({ "canvas-data-series": 14 });
  const bySlug = new Map(source.resources.map((resource) => [resource.slug, resource]));
  expect(bySlug.get("canvas-data-series")).toMatchObject({ lookbackDays: 14, isLookbackSet: true });
  expect(bySlug.get("campaigns-data-series")?.isLookbackSet).toBeUndefined();
  await source.close();
});

it("a misspelt resource of the settings is refused with the nearest there is", () => {
  expect(() => create({ "canvas-dataseries": 14 })).toThrow(
    /lookback_days: there is no Braze resource canvas-dataseries\. Did you mean canvas-data-series\?/,
  );
});
