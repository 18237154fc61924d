import { describe, expect, it } from "vitest";
import { decideRestart } from "./restart-policy.ts";

const policy = { baseMs: 100, capMs: 350, maxFailures: 4, windowMs: 1_000 };

describe("decideRestart", () => {
  it("waits twice as long each time, up to the cap", () => {
    expect(decideRestart(1, [0], 0, policy)).toEqual({ kind: "restart", afterMs: 100 });
    expect(decideRestart(1, [0, 10], 10, policy)).toEqual({ kind: "restart", afterMs: 200 });
    expect(decideRestart(null, [0, 10, 20], 20, policy)).toEqual({ kind: "restart", afterMs: 350 });
  });

  it("gives up after so many ends within the window; older ones are forgotten", () => {
    expect(decideRestart(1, [0, 10, 20, 30], 30, policy)).toMatchObject({ kind: "give_up" });
    expect(decideRestart(1, [0, 10, 20, 1_030], 1_030, policy)).toEqual({ kind: "restart", afterMs: 100 });
  });

  it.each([64, 69, 78])("gives up at once on exit code %i, which another try would repeat", (code) => {
    const decision = decideRestart(code, [0], 0, policy);
    expect(decision).toMatchObject({ kind: "give_up", reason: expect.stringContaining(String(code)) });
  });
});
