import { randomUUID } from "node:crypto";
import { link, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FatalError, RetryableError } from "@lifecycle/contracts";

/**
 * Named byte strings, each visible whole or not at all. Keys are relative, `/`-separated paths. The one interface that a
 * disk and a bucket both keep.
 */
export interface ObjectStore {
  /** Writes `key` unless it exists; false when it did (the first content stays). */
  putOnce(key: string, content: string): Promise<boolean>;
  /** Writes `key`, replacing what was there. */
  put(key: string, content: string): Promise<void>;
  /** The content, or undefined when there is none. */
  get(key: string): Promise<string | undefined>;
  /** Names directly below `prefix`, unordered; empty when there are none. */
  names(prefix: string): Promise<string[]>;
  remove(key: string): Promise<void>;
}

/** An object store in a folder. Content reaches the disk before its name does, so a power cut leaves no half file. */
export function diskStore(root: string): ObjectStore {
  const path = (key: string) => join(root, key);
  return {
    putOnce: (key, content) =>
      writeAside(path(key), content, async (aside) => {
        try {
          await link(aside, path(key));
          return true;
        } catch (error) {
          if (isErrno(error, "EEXIST")) return false;
          throw error;
        } finally {
          await rm(aside, { force: true });
        }
      }),
    put: (key, content) => writeAside(path(key), content, (aside) => rename(aside, path(key))),
    get: async (key) => {
      try {
        return await readFile(path(key), "utf8");
      } catch (error) {
        if (isErrno(error, "ENOENT")) return undefined;
        throw diskError(error, path(key));
      }
    },
    names: async (prefix) => {
      try {
        return (await readdir(path(prefix))).filter((name) => !isAside(name));
      } catch (error) {
        if (isErrno(error, "ENOENT")) return [];
        throw diskError(error, path(prefix));
      }
    },
    remove: (key) => rm(path(key), { force: true }),
  };
}

async function writeAside<T>(
  path: string,
  content: string,
  publish: (aside: string) => Promise<T>,
): Promise<T> {
  const aside = asidePath(path);
  try {
    await mkdir(dirname(path), { recursive: true });
    const file = await open(aside, "w");
    try {
      await file.writeFile(content);
      await file.datasync();
    } finally {
      await file.close();
    }
    return await publish(aside);
  } catch (error) {
    await discard(aside);
    throw diskError(error, path);
  }
}

/** A name next to `path` under which content is completed before it is published. */
export function asidePath(path: string): string {
  return join(dirname(path), `.aside-${process.pid}-${randomUUID()}`);
}

/** Removes an unfinished file; the failure that led here is the one to report, not a second one. */
export async function discard(aside: string): Promise<void> {
  await rm(aside, { force: true }).catch(() => {});
}

function isAside(name: string): boolean {
  return name.startsWith(".aside-");
}

function isErrno(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException)?.code === code;
}

/** A full disk can be freed and a lost mount can come back; a folder we may not write needs a person. */
export function diskError(error: unknown, path: string): Error {
  const code = (error as NodeJS.ErrnoException)?.code;
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
      return new RetryableError(
        "landing.disk_full",
        `The disk is full: cannot write ${path}. Free some space.`,
        { cause: error },
      );
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new FatalError(
        "landing.not_writable",
        `Not allowed to write ${path}. Check its owner and mode.`,
        { cause: error },
      );
    case undefined:
      return error instanceof Error ? error : new Error(String(error));
    default:
      return new RetryableError("landing.disk_error", `Cannot use ${path} (${code}).`, { cause: error });
  }
}
