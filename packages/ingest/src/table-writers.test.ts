import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LandedFile } from "@lifecycle/contracts";
import { diskLanding } from "@lifecycle/landing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TableWriters } from "./table-writers.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "lifecycle-writers-"));
});
afterEach(() => rm(root, { recursive: true }));

const page = (from: number, size: number) => Array.from({ length: size }, (_, i) => ({ n: from + i }));

describe("TableWriters", () => {
  it("lands every row once and in order, however many there are", async () => {
    const landing = diskLanding(root);
    const writers = new TableWriters((table, rows) => landing.writePart(table, rows, table));
    for (let from = 0; from < 23_000; from += 1_000) {
      await writers.add("raw_many", page(from, 1_000));
      if (from < 2_000) await writers.add("raw_few", page(from, 3));
    }
    const files = new Map((await writers.finish()).map((file) => [file.target, file]));
    const numbersOf = async (file: LandedFile) => {
      const numbers: unknown[] = [];
      for await (const { n } of landing.readPart(file)) numbers.push(n);
      return numbers;
    };
    expect(await numbersOf(files.get("raw_many")!)).toEqual(Array.from({ length: 23_000 }, (_, i) => i));
    expect(files.get("raw_many")!.rows).toBe(23_000);
    expect(await numbersOf(files.get("raw_few")!)).toEqual([0, 1, 2, 1_000, 1_001, 1_002]);
  });

  it("writes large tables while they come, and holds back who brings them", async () => {
    let taken = 0;
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const writers = new TableWriters(async (target, rows) => {
      await gate;
      for await (const _ of rows) taken++;
      return { uri: "x", format: "ndjson", codec: "gzip", rows: taken, sizeBytes: 0, target };
    });
    let brought = 0;
    const bring = (async () => {
      for (; brought < 100_000; brought += 1_000) await writers.add("raw_many", page(brought, 1_000));
    })();
    await new Promise((resolve) => setImmediate(resolve));
    expect(brought).toBeLessThan(25_000);
    release();
    await bring;
    expect((await writers.finish())[0]!.rows).toBe(100_000);
  });

  it("leaves no file of what was given up, and passes on why writing failed", async () => {
    const landing = diskLanding(root);
    const writers = new TableWriters((table, rows) => landing.writePart(table, rows, table));
    await writers.add("raw_many", page(0, 9_000));
    await writers.discard();
    const found = await readdir(root, { recursive: true, withFileTypes: true });
    expect(found.filter((entry) => entry.isFile())).toEqual([]);
    const failing = new TableWriters(async (_, rows) => {
      for await (const _row of rows) throw new Error("the disk is full");
      throw new Error("no row came");
    });
    const bring = async () => {
      for (let from = 0; from < 50_000; from += 1_000) await failing.add("raw_many", page(from, 1_000));
      await failing.finish();
    };
    await expect(bring()).rejects.toThrow("the disk is full");
    await failing.discard();
  });
});
