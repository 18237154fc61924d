import { describe, expect, it } from "vitest";
import { didYouMean, nearest } from "./nearest.ts";

describe("nearest", () => {
  it.each([
    ["braz", "braze"],
    ["windows_days", "window_days"],
    ["Hilstrom", "hillstrom"],
    ["nothing-like-it", undefined],
  ])("%s", (word, found) => {
    expect(nearest(word, ["braze", "hillstrom", "window_days"])).toBe(found);
  });

  it("is put as a question, or not at all", () => {
    expect(didYouMean("braz", ["braze"])).toBe(" Did you mean braze?");
    expect(didYouMean("zzzzzz", ["braze"])).toBe("");
  });
});
