import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import type { RunRequest } from "@lifecycle/contracts";
import type { Settings } from "@lifecycle/runtime";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { diskLanding, diskStore, openLanding, openLedger } from "./index.ts";

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
      Array.from({ length: 20 }, (_, i) => store.putOnce("ledger/once/a", `content ${i}`)),
    );
    expect(wins.filter(Boolean)).toHaveLength(1);
    expect(await store.get("ledger/once/a")).toBe(`content ${wins.indexOf(true)}`);
    expect(await readdir(join(root, "ledger/once"))).toEqual(["a"]);
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

describe("what a killed process left unfinished", () => {
  it("is swept away where parts and ledger files are completed, and nothing that has its name", async () => {
    const home = join(root, "swept");
    const { landing, ledger, sweep } = openLanding({
      landing: { path: home, gcs: {} },
      warehouse: {} as Settings["warehouse"],
    });
    await ledger.writeRequest(request("main__braze__all__p1"));
    const part = await landing.writePart("main/part", [{ n: 1 }], "raw_a");
    const [dead, long] = ["99999999-1-0123456789ab", new Date(Date.now() - 2 * 3_600_000)];
    for (const folder of ["ledger", "landing"]) {
      const path = join(home, folder, ".aside", `.aside-${dead}@${hostname()}`);
      await writeFile(path, "half");
      await utimes(path, long, long);
    }
    for (const path of [landing.locate(part.uri), join(home, "ledger/requests/main__braze__all__p1.json")])
      await utimes(path, long, long);
    expect(await sweep()).toBe(2);
    expect(await readdir(join(home, "landing/.aside"))).toEqual([]);
    expect(await Array.fromAsync(landing.readPart(part))).toEqual([{ n: 1 }]);
    expect(await ledger.listRunIds()).toEqual(["main__braze__all__p1"]);
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
    const found = await readdir(join(root, "landing"), { recursive: true });
    expect(found.toSorted()).toEqual([".aside", "main", "main/a.ndjson.gz"]);
  });

  it("lands a part of any size the same way, and rows that are text already", async () => {
    const landing = diskLanding(root);
    const rows = Array.from({ length: 4_000 }, (_, n) => ({ n, text: "x".repeat(500) }));
    const large = await landing.writePart("sizes/large", rows, "raw_a");
    expect(large.rows).toBe(rows.length);
    expect(await Array.fromAsync(landing.readPart(large))).toEqual(rows);
    const lines = await landing.writePart(
      "sizes/lines",
      rows.map((row) => JSON.stringify(row)),
      "raw_a",
    );
    expect(await readFile(landing.locate(lines.uri))).toEqual(await readFile(landing.locate(large.uri)));
    for (const { uri, sizeBytes } of [large, lines])
      expect((await readFile(landing.locate(uri))).length).toBe(sizeBytes);
    const none = await landing.writePart("sizes/none", [], "raw_a");
    expect(none.rows).toBe(0);
    expect(await Array.fromAsync(landing.readPart(none))).toEqual([]);
  });
});
