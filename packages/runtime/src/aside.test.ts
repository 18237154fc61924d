import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asidePath, completeFile, replaceFile, sweepLeftovers, withTemporaryFolder } from "./aside.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aside-test-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const HOURS_AGO = new Date(Date.now() - 2 * 3_600_000);

/** A leftover as a process that has ended would have named it. */
function leftover(mark: string, age: Date | undefined): string {
  const path = join(folder, `.aside-${mark}-0123456789ab@${hostname()}`);
  writeFileSync(path, "half");
  if (age) utimesSync(path, age, age);
  return path;
}

/** The mark of a process that ran and has ended. */
function deadMark(): string {
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  return `${pid}-1`;
}

describe("files written aside", () => {
  it("appear whole, replace the one before, and leave nothing else", async () => {
    const path = join(folder, "below", "file.json");
    await replaceFile(path, "one", 0o600);
    await replaceFile(path, "two", 0o600);
    expect(await readFile(path, "utf8")).toBe("two");
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirname(path))).toEqual(["file.json"]);
  });

  it("that fail midway leave the old one and nothing beside it", async () => {
    const path = join(folder, "file");
    await replaceFile(path, "old");
    const failing = completeFile(path, async (aside) => {
      writeFileSync(aside, "half");
      throw new Error("broke");
    });
    await expect(failing).rejects.toThrow("broke");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(readdirSync(folder)).toEqual(["file"]);
  });
});

describe("leftovers", () => {
  it("of dead processes go once they are old; those of live ones, young ones and other files stay", async () => {
    const dead = leftover(deadMark(), HOURS_AGO);
    const young = leftover(deadMark(), undefined);
    const mine = asidePath(folder);
    writeFileSync(mine, "still writing");
    utimesSync(mine, HOURS_AGO, HOURS_AGO);
    const other = join(folder, "data.json");
    writeFileSync(other, "{}");
    utimesSync(other, HOURS_AGO, HOURS_AGO);
    expect(await sweepLeftovers([folder, join(folder, "no-such")])).toBe(1);
    expect([dead, young, mine, other].map((path) => existsSync(path))).toEqual([false, true, true, true]);
  });

  it("of another machine go by their age alone", async () => {
    const path = join(folder, `.aside-${process.pid}-1-0123456789ab@another-machine`);
    writeFileSync(path, "half");
    expect(await sweepLeftovers([folder])).toBe(0);
    utimesSync(path, HOURS_AGO, HOURS_AGO);
    expect(await sweepLeftovers([folder])).toBe(1);
  });

  it("among temporary folders are told from those in use, which go with their work", async () => {
    const dead = join(tmpdir(), `lifecycle-test-${deadMark()}-0123456789ab@${hostname()}-abcdef`);
    writeFileSync(dead, "");
    utimesSync(dead, HOURS_AGO, HOURS_AGO);
    const used = await withTemporaryFolder("test", async (own) => {
      utimesSync(own, HOURS_AGO, HOURS_AGO);
      await sweepLeftovers();
      expect(existsSync(own)).toBe(true);
      return own;
    });
    expect(basename(used)).toMatch(/^lifecycle-test-\d+-\d+-/);
    expect([existsSync(used), existsSync(dead)]).toEqual([false, false]);
  });
});
