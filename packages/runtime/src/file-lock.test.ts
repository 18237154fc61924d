import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode } from "@lifecycle/contracts";
import { afterEach, beforeEach, expect, it } from "vitest";
import { tryLock } from "./file-lock.ts";
import { markOf, markText } from "./processes.ts";
import { withLock } from "./with-lock.ts";

let path: string;
beforeEach(() => {
  path = join(mkdtempSync(join(tmpdir(), "lock-")), "lock");
});
afterEach(() => rmSync(join(path, ".."), { recursive: true }));

it("is held by one until released", () => {
  const release = tryLock(path);
  expect(tryLock(path)).toBeUndefined();
  release?.();
  expect(tryLock(path)).toBeDefined();
});

it("is taken over from a dead process, also when its pid was given to another since", () => {
  writeFileSync(path, "999999999-1 x");
  const release = tryLock(path);
  expect(release).toBeDefined();
  release?.();
  const reused = process.platform === "linux" ? `${process.pid}-1 x` : "999999999-1 x";
  writeFileSync(path, reused);
  expect(tryLock(path)).toBeDefined();
});

it("withLock runs one after the other and releases after a failure", async () => {
  let inside = 0;
  const work = async () => {
    expect(++inside).toBe(1);
    await new Promise((done) => setImmediate(done));
    inside -= 1;
  };
  await Promise.all([1, 2, 3].map(() => withLock(path, 5_000, work)));
  await expect(withLock(path, 0, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  await withLock(path, 0, work);
});

it("withLock says who holds it when it waits in vain", async () => {
  writeFileSync(path, `${markText(markOf())} someone`);
  const error = await withLock(path, 30, async () => {}).catch((reason: unknown) => reason);
  expect(errorCode(error)).toBe("runtime.locked");
  expect(String(error)).toContain(String(process.pid));
});
