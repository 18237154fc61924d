import { link, mkdir, open, readdir, readFile, rename, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { FatalError, RetryableError } from "@lifecycle/contracts";
import { asidePath, discard } from "@lifecycle/runtime";

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
  const writeAside = async (key: string, content: string, publish: (aside: string) => Promise<void>) => {
    const aside = asidePath(asideFolder(root, key));
    try {
      await inFolder(aside, () => writeSynced(aside, content));
      await inFolder(path(key), () => publish(aside));
    } catch (error) {
      await discard(aside);
      throw error;
    }
  };
  return {
    putOnce: async (key, content) => {
      try {
        await writeAside(key, content, async (aside) => {
          await link(aside, path(key));
          await unlink(aside).catch(() => {});
        });
        return true;
      } catch (error) {
        if (isErrno(error, "EEXIST")) return false;
        throw diskError(error, path(key));
      }
    },
    put: async (key, content) => {
      try {
        await writeAside(key, content, (aside) => rename(aside, path(key)));
      } catch (error) {
        throw diskError(error, path(key));
      }
    },
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
        return (await readdir(path(prefix))).filter((name) => name !== ASIDES);
      } catch (error) {
        if (isErrno(error, "ENOENT")) return [];
        throw diskError(error, path(prefix));
      }
    },
    remove: async (key) => {
      try {
        await unlink(path(key));
      } catch (error) {
        if (!isErrno(error, "ENOENT")) throw diskError(error, path(key));
      }
    },
  };
}

const ASIDES = ".aside";

/**
 * Where content of a key is completed before it is published: one folder for all of `ledger/`, one for all of `landing/`, so that what a
 * killed process leaves is found without looking everywhere.
 */
export function asideFolder(root: string, key: string): string {
  const [top = "", ...below] = key.split("/");
  return join(root, below.length > 0 ? top : "", ASIDES);
}

/** All of them, of a landing whose keys begin as ours do. */
export function asideFolders(root: string): string[] {
  return ["ledger/", "landing/"].map((top) => asideFolder(root, top));
}

/** Does something with a file in a folder, which is only made when it is missing. */
export async function inFolder<T>(path: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!isErrno(error, "ENOENT")) throw error;
    await mkdir(dirname(path), { recursive: true });
    return act();
  }
}

/** Writes a file whose content is on the disk when this ends. */
export async function writeSynced(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
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
