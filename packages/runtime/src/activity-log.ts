import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";

/** `logs/activity.log`: single JSON lines appended by every process, rotated by one of them. */
export interface ActivityLog {
  /** Appends one line by one write; on a full disk the line is lost and the process goes on. */
  append(line: string): void;
}

const NAME = "activity.log";
const REOPEN_AFTER_MS = 1_000;

/**
 * Opens the log of a folder, creating both. All writers use O_APPEND, so lines of several processes never mix. After a
 * rotation a writer moves to the new file within a second.
 */
export function openActivityLog(folder: string): ActivityLog {
  const path = join(folder, NAME);
  let fd: number | undefined;
  let inode = 0;
  let lookedAtMs = 0;

  const open = (): void => {
    mkdirSync(folder, { recursive: true });
    fd = openSync(path, "a", 0o640);
    inode = statSync(path).ino;
  };
  const followRotation = (): void => {
    const now = Date.now();
    if (fd !== undefined && now - lookedAtMs < REOPEN_AFTER_MS) return;
    lookedAtMs = now;
    if (fd !== undefined && statSync(path, { throwIfNoEntry: false })?.ino === inode) return;
    if (fd !== undefined) closeSync(fd);
    fd = undefined;
    open();
  };

  return {
    append(line) {
      try {
        followRotation();
        writeSync(fd!, line);
      } catch {
        // A full or unwritable disk shows elsewhere, in the work itself; the log must not be what stops it.
      }
    },
  };
}

/**
 * Moves a log that has reached `maxBytes` to `activity.log.1`, `.2`, … and keeps `keep` of them. Returns whether it did. Only the
 * producer calls this: two rotators would move each other's files.
 */
export function rotateActivityLog(folder: string, options: { maxBytes: number; keep: number }): boolean {
  const path = join(folder, NAME);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size < options.maxBytes) return false;
  rmSync(`${path}.${options.keep}`, { force: true });
  for (let n = options.keep - 1; n >= 1; n--) moveIfThere(`${path}.${n}`, `${path}.${n + 1}`);
  if (options.keep === 0) rmSync(path, { force: true });
  else moveIfThere(path, `${path}.1`);
  return true;
}

function moveIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, to);
}
