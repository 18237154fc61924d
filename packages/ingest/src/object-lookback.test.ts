import { describe, expect, it } from "vitest";
import { objectLookbackDays } from "./object-lookback.ts";

const DAY = 86_400;
const row = (...windows: unknown[]) => ({ conversion_behaviors: windows.map((window) => ({ window })) });

describe("objectLookbackDays", () => {
  it.each([
    ["the longest window", row(3 * DAY, 14 * DAY), 14],
    ["a part of a day as a day", row(7 * DAY + 1), 8],
    ["never less than opens take", row(DAY), 7],
    ["no conversion event at all", row(), 7],
    ["a number as text", row(`${30 * DAY}`), 30],
  ])("gives %s", (_, details, days) => expect(objectLookbackDays(details)).toBe(days));

  it.each([
    ["a Canvas, which has none", {}],
    ["a list row, which does not know", { conversion_behaviors: null }],
    ["a window that cannot be read", row(DAY, "soon")],
    ["a missing window", { conversion_behaviors: [null] }],
  ])("does not know for %s", (_, details) => expect(objectLookbackDays(details)).toBeUndefined());
});
