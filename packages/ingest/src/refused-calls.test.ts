import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { diskStore, openLedger } from "@lifecycle/landing";
import { describe, expect, it } from "vitest";
import { snapshotLedger } from "./ledger-snapshot.ts";
import { createRefusalCounter } from "./refused-calls.ts";

describe("createRefusalCounter", () => {
  it("keeps one count per bucket, hour and process, which grows", async () => {
    const root = await mkdtemp(join(tmpdir(), "lifecycle-refused-"));
    const ledger = openLedger(diskStore(root));
    let at = new Date("2026-06-30T12:59:59.900Z");
    const options = { now: () => at, onError: (error: unknown) => expect.fail(String(error)) };
    const one = createRefusalCounter(ledger, "main", options);
    const other = createRefusalCounter(ledger, "main", options);
    one.count("default");
    one.count("default");
    other.count("default");
    await one.flush();
    one.count("default");
    at = new Date("2026-06-30T13:00:00.100Z");
    one.count("default");
    one.count("names_and_products");
    await one.flush();
    await other.flush();
    const found = (await ledger.readRefused(undefined, expect.fail)).map(
      ({ bucket, hour, calls }) => `${bucket} ${hour} ${calls}`,
    );
    expect(found.toSorted()).toEqual([
      "default 2026-06-30T12 1",
      "default 2026-06-30T12 3",
      "default 2026-06-30T13 1",
      "names_and_products 2026-06-30T13 1",
    ]);
    await rm(root, { recursive: true });
  });

  it("is read from a day on; a count that cannot be read stops no snapshot", async () => {
    const root = await mkdtemp(join(tmpdir(), "lifecycle-refused-"));
    const ledger = openLedger(diskStore(root));
    const said = { workspace: "main", bucket: "default", process: "p1", calls: 1 };
    for (const hour of ["2026-06-28T23", "2026-06-29T00", "2026-06-30T12"])
      await ledger.writeRefused({ ...said, hour });
    await mkdir(join(root, "ledger/refused/2026-06-30"), { recursive: true });
    await writeFile(join(root, "ledger/refused/2026-06-30/broken.json"), "{");
    const runId = "main__braze__all__p1";
    const requestedAt = "2026-06-30T13:00:00.000Z";
    const about = { workspace: "main", pipeline: "braze", window: "all", pass: 1 } as const;
    await ledger.writeRequest({
      ...{ ...about, runId, requestedAt, trigger: "cli", requestedBy: "somebody", priority: 0 },
    });
    const unreadable: string[] = [];
    const snapshot = await snapshotLedger(ledger, { runId, status: "complete" }, new Date(requestedAt), {
      resource: "ledger",
      known: new Set(),
      knownRefusals: new Set(),
      refusalsSince: "2026-06-29",
      limitOf: () => undefined,
      onUnreadable: (name) => unreadable.push(name),
    });
    expect(snapshot.get("raw_api_refusal")?.map(({ hour }) => hour)).toEqual([
      "2026-06-29T00:00:00.000Z",
      "2026-06-30T12:00:00.000Z",
    ]);
    expect(unreadable).toEqual(["broken"]);
    await rm(root, { recursive: true });
  });

  it("tries again to write what could not be written, and counts on", async () => {
    const written: number[] = [];
    const errors: unknown[] = [];
    let isFull = true;
    const ledger = {
      writeRefused: async ({ calls }: { calls: number }) => {
        if (isFull) throw new Error("the disk is full");
        written.push(calls);
      },
    };
    const counter = createRefusalCounter(ledger, "main", {
      now: () => new Date("2026-06-30T12:00:00Z"),
      onError: (error) => errors.push(error),
    });
    counter.count("default");
    await counter.flush();
    isFull = false;
    counter.count("default");
    await counter.flush();
    expect(errors).toHaveLength(1);
    expect(written).toEqual([2]);
  });
});
