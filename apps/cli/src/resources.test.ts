import { NOT_LISTED } from "@lifecycle/braze";
import { describe, expect, it } from "vitest";
import { describeResources } from "./resources.ts";

describe("describeResources", () => {
  it("counts what is on and gives every other resource with its reason", () => {
    expect(
      describeResources([
        { resource: "campaigns-list", state: "on", reason: "" },
        { resource: "canvas-list", state: "off", reason: "the key lacks the permission canvas.list" },
        { resource: "canvas-details", state: "off", reason: "it needs canvas-list, which is off" },
        { resource: "sends-list", state: "idle", reason: "settings name no sends" },
        { resource: "sends-data-series", state: "idle", reason: "settings name no sends" },
        { resource: "a-hourly", state: "off", reason: NOT_LISTED },
        { resource: "b-hourly", state: "off", reason: NOT_LISTED },
      ]),
    ).toEqual([
      "1 Braze resources are on",
      "off: canvas-list: the key lacks the permission canvas.list",
      "off: canvas-details: it needs canvas-list, which is off",
      "nothing to read of sends-list, sends-data-series: settings name no sends",
      `off, because ${NOT_LISTED}: a-hourly, b-hourly`,
    ]);
  });
});
