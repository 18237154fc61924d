import { afterAll, describe, expect, inject, it } from "vitest";
import { type Installation, install } from "../e2e/support/installation.ts";
import { ask } from "../e2e/support/runs.ts";

const NOW = "2026-06-30T12:00:00Z";

describe("two fleets that start at the same moment", () => {
  const open: Installation[] = [];
  afterAll(() => Promise.all(open.map((at) => at.close())));

  it("name each its own board, though both found the same port free", async () => {
    const up = async (from: string) => {
      const at = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW });
      open.push(at);
      await at.sandbox("--now", NOW, "--campaigns", "1", "--canvases", "1");
      return { at, runId: await ask(at, { from, until: "2026-06-30" }) };
    };
    const both = await Promise.all([up("2026-06-28"), up("2026-06-29")]);
    const fleets = await Promise.all(both.map(({ at }) => at.fleet("--workers", "1")));
    expect(fleets[0]!.boardUrl).not.toBe(fleets[1]!.boardUrl);
    for (const [i, { runId }] of both.entries()) {
      const { runs } = (await (await fetch(`${fleets[i]!.boardUrl}/api/runs`)).json()) as {
        runs: { run_id: string }[];
      };
      expect(runs.map(({ run_id }) => run_id)).toEqual([runId]);
    }
  });
});
