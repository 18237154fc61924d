import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  addDays,
  type Coverage,
  daysBetween,
  type Manifest,
  partId,
  type RunRequest,
  runId,
} from "@lifecycle/contracts";
import { diskStore, type Ledger, openLedger } from "@lifecycle/landing";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { addManifest, EMPTY_COVERAGE, landedDays, readCoverage } from "./coverage.ts";
import { countDays, unionOf, without } from "./day-ranges.ts";
import { createDaysToAsk } from "./days-to-ask.ts";

// The same cases every time: a rare one that fails becomes a test of its own.
fc.configureGlobal({ seed: 20260101 });

const SERIES = "campaigns-data-series";
const TODAY = "2026-06-30";
const resource = { slug: SERIES, bucket: "b", window: { maxDays: 100 }, lookbackDays: 30, targets: [] };

function manifest(over: Partial<Manifest> = {}): Manifest {
  return {
    runId: "main__braze__20260601-20260701__p1",
    part: "x",
    resource: SERIES,
    objectId: "c1",
    window: { from: "2026-06-01", until: "2026-07-01" },
    landedAt: "2026-06-30T12:34:56.000Z",
    files: [],
    rows: 30,
    rejected: 0,
    bucket: "b",
    calls: 1,
    sourceDate: TODAY,
    lookbackDays: 7,
    ...over,
  };
}

function request(over: Partial<RunRequest> = {}): RunRequest {
  const key = {
    workspace: "main",
    pipeline: "braze",
    window: { from: "2026-06-01", until: "2026-07-01" },
    pass: 2,
  };
  return {
    ...key,
    runId: runId(key),
    trigger: "cli",
    requestedBy: "somebody",
    requestedAt: "2026-06-30T12:00:00.000Z",
    priority: 0,
    ...over,
  };
}

const covering = (...manifests: Manifest[]): Coverage => {
  const coverage = structuredClone(EMPTY_COVERAGE);
  for (const each of manifests) addManifest(coverage, each);
  return coverage;
};
const windows = (coverage: Coverage, over: Partial<RunRequest> = {}, today = TODAY) =>
  createDaysToAsk(request(over), coverage, today)(resource, "c1").map(({ from, until }) => [from, until]);

describe("what has landed", () => {
  it("is closed up to the lookback before the day it was read, and may change after", () => {
    expect(landedDays(covering(manifest()), SERIES, "c1")).toEqual({
      closed: [["2026-06-01", "2026-06-23"]],
      unsettled: [["2026-06-23", "2026-07-01"]],
    });
  });

  it("does not hold days that the answer left out, nor trust a manifest that does not say", () => {
    const gap = covering(manifest({ missingDays: ["2026-06-10"] }));
    expect(landedDays(gap, SERIES, "c1").closed).toEqual([
      ["2026-06-01", "2026-06-10"],
      ["2026-06-11", "2026-06-23"],
    ]);
    const { sourceDate: _, ...old } = manifest();
    expect(landedDays(covering(old), SERIES, "c1").closed).toEqual([]);
  });
});

describe("days to ask for", () => {
  it("are all of them the first time, and what had not closed the next", () => {
    expect(windows(EMPTY_COVERAGE)).toEqual([["2026-06-01", "2026-07-01"]]);
    expect(windows(covering(manifest()))).toEqual([["2026-06-23", "2026-07-01"]]);
  });

  it("end with today", () => {
    expect(windows(EMPTY_COVERAGE, {}, "2026-06-20")).toEqual([["2026-06-01", "2026-06-21"]]);
    expect(windows(EMPTY_COVERAGE, {}, "2026-05-20")).toEqual([]);
  });

  it("are all of them again for a backfill and for --full", () => {
    const whole = [["2026-06-01", "2026-07-01"]];
    expect(windows(covering(manifest()), { trigger: "backfill" })).toEqual(whole);
    expect(windows(covering(manifest()), { full: true })).toEqual(whole);
  });

  it("reach back to what was read too early, where nobody gave dates", () => {
    const early = covering(
      manifest({ window: { from: "2026-05-01", until: "2026-06-01" }, sourceDate: "2026-06-01" }),
    );
    expect(windows(early, { trigger: "schedule" })).toEqual([["2026-05-25", "2026-07-01"]]);
    expect(windows(early, { trigger: "cli" })).toEqual([["2026-06-01", "2026-07-01"]]);
  });

  it("with what is closed make up the window, whatever landed before", () => {
    const landed = fc.record({
      from: fc.nat(120),
      length: fc.integer({ min: 1, max: 100 }),
      read: fc.nat(150),
      lookbackDays: fc.nat(40),
    });
    fc.assert(
      fc.property(fc.array(landed, { maxLength: 8 }), (parts) => {
        const coverage = covering(
          ...parts.map(({ from, length, read, lookbackDays }) =>
            manifest({
              window: { from: addDays("2026-02-01", from), until: addDays("2026-02-01", from + length) },
              sourceDate: addDays("2026-02-01", read),
              lookbackDays,
            }),
          ),
        );
        const asked = windows(coverage).map(([from, until]): [string, string] => [from!, until!]);
        const { closed, unsettled } = landedDays(coverage, SERIES, "c1");
        expect(without([["2026-06-01", "2026-07-01"]], unionOf(asked, closed))).toEqual([]);
        expect(countDays(without(unsettled, closed))).toBe(countDays(unsettled));
        for (const { from, length, read, lookbackDays } of parts)
          for (let day = from; day < from + length; day++)
            if (read - day > lookbackDays) {
              const date = addDays("2026-02-01", day);
              expect(closed.some(([first, until]) => first <= date && date < until)).toBe(true);
            }
        for (const [from, until] of asked) expect(daysBetween(from, until)).toBeLessThanOrEqual(100);
      }),
    );
  });
});

describe("the kept answer", () => {
  let home: string;
  let ledger: Ledger;
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "coverage-"));
    ledger = openLedger(diskStore(home));
  });
  afterEach(() => rm(home, { recursive: true, force: true }));

  async function run(pass: number, over: Partial<Manifest>, loaded = true): Promise<string> {
    const asked = request({ pass, runId: `main__braze__20260601-20260701__p${pass}` });
    await ledger.writeRequest(asked);
    const part = partId(SERIES, "c1", request().window);
    await ledger.writeManifest(manifest({ runId: asked.runId, part, ...over }));
    if (loaded)
      await ledger.writeLoad({
        loadId: "l",
        runId: asked.runId,
        resource: SERIES,
        loadedAt: asked.requestedAt,
        tables: [],
        files: 1,
        rejected: 0,
        parts: [part],
      });
    return asked.runId;
  }
  const settle = (id: string) =>
    ledger.writeSettled({
      runId: id,
      status: "complete",
      settledAt: "2026-06-30T13:00:00.000Z",
      landedParts: 1,
      loadedRows: 1,
      rejectedRows: 0,
      missing: [],
    });
  const closed = async () => landedDays(await readCoverage(ledger, "main", "braze"), SERIES, "c1").closed;

  it("holds settled runs only, and of them what was loaded", async () => {
    const first = await run(1, {});
    expect(await closed()).toEqual([]);
    await settle(first);
    expect(await closed()).toEqual([["2026-06-01", "2026-06-23"]]);
    await settle(await run(2, { objectId: "c2" }, false));
    expect(landedDays(await readCoverage(ledger, "main", "braze"), SERIES, "c2").closed).toEqual([]);
  });

  it("is read instead of the manifests, and made again when it is gone or broken", async () => {
    await settle(await run(1, {}));
    const kept = await readCoverage(ledger, "main", "braze");
    expect(kept).toMatchObject({
      calls: { b: { "2026-06-30T12": 1 } },
      volume: { [SERIES]: { days: 30, rows: 30 } },
    });
    await rm(join(home, "ledger/manifests"), { recursive: true });
    expect(await readCoverage(ledger, "main", "braze")).toEqual(kept);
    await diskStore(home).put("ledger/coverage/main__braze.json", "{");
    expect(await closed()).toEqual([]);
    expect(await readdir(join(home, "ledger/coverage"))).toEqual(["main__braze.json"]);
  });

  it("does not hold what landed after its resource had been loaded", async () => {
    const first = await run(1, {});
    const late = partId(SERIES, "c9", request().window);
    await ledger.writeManifest(manifest({ runId: first, part: late, objectId: "c9" }));
    await settle(first);
    expect(await closed()).toEqual([["2026-06-01", "2026-06-23"]]);
    expect(landedDays(await readCoverage(ledger, "main", "braze"), SERIES, "c9").closed).toEqual([]);
  });
});
