import { errorCode } from "@lifecycle/contracts";
import { expect, it } from "vitest";
import { mustBeKept } from "./retention.ts";

const ask = (from: string, days: number | undefined) => () =>
  mustBeKept({ from, until: "2026-06-30" }, days, "2026-06-30");

it("lets pass what is kept, the first kept day included", () => {
  expect(ask("2026-06-01", 30)).not.toThrow();
  expect(ask("2001-01-01", undefined)).not.toThrow();
  expect(() => mustBeKept("all", 1, "2026-06-30")).not.toThrow();
});

it("refuses the day before, and says from when on one may ask", () => {
  expect(ask("2026-05-31", 30)).toThrow(
    "2026-05-31 is older than what the warehouse keeps: 30 days, now from 2026-06-01 on.",
  );
  try {
    ask("2026-05-31", 30)();
  } catch (error) {
    expect(errorCode(error)).toBe("run.older_than_retention");
  }
});
