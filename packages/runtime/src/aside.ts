import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { isAlive, markOf, markText, parseMark } from "./processes.ts";

/*
 * Files and folders on their way: written under a name that tells who writes, published by a rename, and taken away when their writer
 * died over it.
 */

const ASIDE = ".aside-";
const TEMPORARY = "lifecycle-";
/** Long after the last write of anybody who still lives, on whatever machine or in whatever container. */
const LEFT_BEHIND_AFTER_MS = 3_600_000;

/** Who we are does not change, and asking the system for it costs more than writing a small file. */
let self: string | undefined;
const machine = hostname();

/** `<pid>-<start>-<random>@<host>`. */
function writerMark(): string {
  self ??= markText(markOf());
  return `${self}-${randomUUID().slice(-12)}@${machine}`;
}

/** A new name in `folder` under which content is completed before it is published. */
export function asidePath(folder: string): string {
  return join(folder, `${ASIDE}${writerMark()}`);
}

/** Removes what could not be completed; the failure that led here is the one to report, not a second one. */
export async function discard(aside: string): Promise<void> {
  await rm(aside, { recursive: true, force: true }).catch(() => {});
}

/** Lets `write` complete a file beside `path`, creating the folder, then puts it in its place: whole or not at all. */
export async function completeFile<T>(path: string, write: (aside: string) => Promise<T>): Promise<T> {
  await mkdir(dirname(path), { recursive: true });
  const aside = asidePath(dirname(path));
  try {
    const written = await write(aside);
    await rename(aside, path);
    return written;
  } catch (error) {
    await discard(aside);
    throw error;
  }
}

/** Writes a file, or replaces the one that is there, so that nobody reads half of it. A power cut may lose it. */
export async function replaceFile(path: string, content: string, mode?: number): Promise<void> {
  await completeFile(path, (aside) => writeFile(aside, content, mode === undefined ? {} : { mode }));
}

/** Makes a folder for work in between, below the system's temporary one or another. Whoever asked takes it away. */
export function temporaryFolder(purpose: string, parent: string = tmpdir()): Promise<string> {
  return mkdtemp(join(parent, `${TEMPORARY}${purpose}-${writerMark()}-`));
}

/** Runs `work` with a temporary folder, which goes away with it. */
export async function withTemporaryFolder<T>(
  purpose: string,
  work: (folder: string) => Promise<T>,
): Promise<T> {
  const folder = await temporaryFolder(purpose);
  try {
    return await work(folder);
  } finally {
    await discard(folder);
  }
}

/**
 * Removes files and folders of these kinds that writers who died have left directly in some folders, by default the system's temporary
 * one. What was touched within the hour stays. Answers how many went. Never throws.
 */
export async function sweepLeftovers(folders: readonly string[] = [tmpdir()]): Promise<number> {
  let swept = 0;
  for (const folder of folders)
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name);
      if (!isLeftover(name) || !(await isOld(path))) continue;
      await discard(path);
      swept++;
    }
  return swept;
}

/** Whether its writer is dead, or of another machine: only of this one's processes can be said whether they live. */
function isLeftover(name: string): boolean {
  if (!name.startsWith(ASIDE) && !name.startsWith(TEMPORARY)) return false;
  const [, mark, host] = /-(\d+-\d+)-[0-9a-f]{12}@(.+)$/.exec(name) ?? [];
  if (mark === undefined || !host?.startsWith(machine)) return mark !== undefined;
  const writer = parseMark(mark);
  return writer !== undefined && !isAlive(writer);
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > LEFT_BEHIND_AFTER_MS;
}
