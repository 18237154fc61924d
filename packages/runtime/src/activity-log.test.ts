import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { openActivityLog, rotateActivityLog } from "./activity-log.ts";

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), "activity-")), "logs");
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(join(folder, ".."), { recursive: true });
});

const read = (name: string) => readFileSync(join(folder, name), "utf8");

it("creates its folder, and two writers append to one file", () => {
  const [one, two] = [openActivityLog(folder), openActivityLog(folder)];
  one.append("1\n");
  two.append("2\n");
  one.append("3\n");
  expect(read("activity.log")).toBe("1\n2\n3\n");
});

it("rotates by size, keeps so many, and a writer follows within a second", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 0 });
  const log = openActivityLog(folder);
  const options = { maxBytes: 10, keep: 2 };
  log.append("short\n");
  expect(rotateActivityLog(folder, options)).toBe(false);
  for (let n = 1; n <= 4; n++) {
    vi.setSystemTime(n * 2_000);
    log.append(`generation ${n}\n`);
    expect(rotateActivityLog(folder, options)).toBe(true);
  }
  vi.setSystemTime(20_000);
  log.append("now\n");
  expect(readdirSync(folder).sort()).toEqual(["activity.log", "activity.log.1", "activity.log.2"]);
  expect(read("activity.log")).toBe("now\n");
  expect(read("activity.log.1")).toBe("generation 4\n");
  expect(read("activity.log.2")).toBe("generation 3\n");
});

it("a log that cannot be written does not stop the writer", () => {
  writeFileSync(join(folder, "..", "taken"), "");
  const log = openActivityLog(join(folder, "..", "taken", "logs"));
  expect(() => log.append("lost\n")).not.toThrow();
});

it("a line written right after a rotation is in the old file, not lost", () => {
  vi.useFakeTimers({ toFake: ["Date"], now: 5_000 });
  const log = openActivityLog(folder);
  log.append("a\n");
  renameSync(join(folder, "activity.log"), join(folder, "activity.log.1"));
  log.append("b\n");
  expect(read("activity.log.1")).toBe("a\nb\n");
});
