import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { isAlive, markOf, markText, parseMark } from "./processes.ts";

const UNREADABLE_IS_STALE_AFTER_MS = 10_000;

/** Tries once to take a lock file; a lock whose holder is dead is taken over. Returns what releases it. */
export function tryLock(path: string): (() => void) | undefined {
  mkdirSync(dirname(path), { recursive: true });
  dropStale(path);
  const own = `${markText(markOf())} ${Math.random().toString(36).slice(2)}`;
  try {
    writeFileSync(path, own, { flag: "wx", mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
    throw error;
  }
  return () => {
    if (readLock(path) === own) rmSync(path, { force: true });
  };
}

/**
 * Moves a dead holder's lock away. Of two that find the same stale lock only one moves it; who moved a fresh one by mistake
 * (taken between the look and the move) puts it back.
 */
function dropStale(path: string): void {
  const seen = readLock(path);
  if (seen === undefined || !isStale(path, seen)) return;
  const aside = `${path}.stale-${process.pid}`;
  try {
    renameSync(path, aside);
    if (readLock(aside) === seen) rmSync(aside, { force: true });
    else renameSync(aside, path);
  } catch {
    // Someone else moved it first.
  }
}

function isStale(path: string, content: string): boolean {
  const holder = parseMark(content);
  if (holder) return !isAlive(holder);
  const writtenAtMs = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  return Date.now() - writtenAtMs > UNREADABLE_IS_STALE_AFTER_MS;
}

/** What stands in a lock file: its holder's mark first. */
export function readLock(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
