import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { RunRequest } from "@lifecycle/contracts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diskLanding, diskStore, openLedger } from "./index.ts";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "landing-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const request = (runId: string): RunRequest => ({
  runId,
  workspace: "main",
  pipeline: "braze",
  window: { from: "2026-01-01", until: "2026-01-08" },
  pass: 1,
  trigger: "cli",
  requestedBy: "somebody",
  requestedAt: "2026-01-08T00:00:00.000Z",
  priority: 0,
});

describe("object store on disk", () => {
  it("lets exactly one of many writers win, and keeps the winner's content", async () => {
    const store = diskStore(root);
    const wins = await Promise.all(
      Array.from({ length: 20 }, (_, i) => store.putOnce("once/a", `content ${i}`)),
    );
    expect(wins.filter(Boolean)).toHaveLength(1);
    expect(await store.get("once/a")).toBe(`content ${wins.indexOf(true)}`);
    expect(await readdir(join(root, "once"))).toEqual(["a"]);
  });

  it("answers absence without an error", async () => {
    const store = diskStore(root);
    expect(await store.get("no/such")).toBeUndefined();
    expect(await store.names("no")).toEqual([]);
  });

  it("classifies a place it may not write", async () => {
    await diskStore(root).put("a-file", "");
    const store = diskStore(join(root, "a-file"));
    await expect(store.put("a", "b")).rejects.toMatchObject({ code: expect.stringMatching(/^landing\./) });
  });
});

describe("ledger", () => {
  it("keeps the first request and lists what is not settled", async () => {
    const ledger = openLedger(diskStore(join(root, "ledger-a")));
    expect(await ledger.writeRequest(request("main__braze__all__p1"))).toBe(true);
    expect(await ledger.writeRequest({ ...request("main__braze__all__p1"), requestedBy: "other" })).toBe(
      false,
    );
    expect((await ledger.readRequest("main__braze__all__p1"))?.requestedBy).toBe("somebody");
    await ledger.writeRequest(request("main__braze__all__p2"));
    await ledger.writeSettled({
      runId: "main__braze__all__p1",
      status: "complete",
      settledAt: "2026-01-08T00:00:00.000Z",
      landedParts: 0,
      loadedRows: 0,
      rejectedRows: 0,
      missing: [],
    });
    expect(await ledger.listUnsettled()).toEqual(["main__braze__all__p2"]);
  });

  it("names the file when a document is not readable", async () => {
    const store = diskStore(join(root, "ledger-b"));
    await store.put("ledger/requests/x.json", "{ torn");
    await expect(openLedger(store).readRequest("x")).rejects.toMatchObject({ code: "ledger.unreadable" });
  });
});

describe("part writer", () => {
  it("lands rows whole and leaves nothing when the source breaks midway", async () => {
    const landing = diskLanding(root);
    const file = await landing.writePart("main/a", [{ n: 1 }, { n: "ü\u2028" }], "raw_a");
    expect(file).toMatchObject({ rows: 2, format: "ndjson", codec: "gzip", target: "raw_a" });
    const text = gunzipSync(await readFile(landing.locate(file.uri))).toString();
    expect(
      text
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
    ).toEqual([{ n: 1 }, { n: "ü\u2028" }]);

    expect(await Array.fromAsync(landing.readPart(file))).toEqual([{ n: 1 }, { n: "ü\u2028" }]);

    async function* breaking() {
      yield { n: 1 };
      throw new Error("source broke");
    }
    await expect(landing.writePart("main/broken/b", breaking(), "raw_a")).rejects.toThrow("source broke");
    expect(await readdir(join(root, "landing/main/broken"))).toEqual([]);
  });
});
