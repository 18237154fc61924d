import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, markOf, markText, type ProcessMark, parseMark } from "./processes.ts";

/** What the folder of our own Redis says: the server, who keeps it, and who uses it. */
export interface RedisState {
  port: number;
  password: string;
  server: ProcessMark;
  guard: ProcessMark;
}

export const lockFile = (folder: string): string => join(folder, "lock");
const stateFile = (folder: string): string => join(folder, "state.json");
const usersFolder = (folder: string): string => join(folder, "users");

/** Readable by its owner only: it holds the password. */
export function writeState(folder: string, state: RedisState): void {
  const aside = `${stateFile(folder)}.new`;
  writeFileSync(aside, JSON.stringify(state), { mode: 0o600 });
  renameSync(aside, stateFile(folder));
}

/** The recorded server, if it was recorded whole. */
export function readState(folder: string): RedisState | undefined {
  try {
    return JSON.parse(readFileSync(stateFile(folder), "utf8")) as RedisState;
  } catch {
    return undefined;
  }
}

export function removeState(folder: string): void {
  rmSync(stateFile(folder), { force: true });
}

let registrations = 0;

/** Registers this process as a user; the server lives until it unregisters or dies. Returns what unregisters. */
export function registerUser(folder: string): () => void {
  registrations += 1;
  const file = join(usersFolder(folder), `${markText(markOf())}-${registrations}`);
  mkdirSync(usersFolder(folder), { recursive: true, mode: 0o700 });
  writeFileSync(file, "");
  return () => rmSync(file, { force: true });
}

/** The processes that use the server; the files of dead ones are removed. */
export function liveUsers(folder: string): ProcessMark[] {
  const alive: ProcessMark[] = [];
  for (const name of list(usersFolder(folder))) {
    const mark = parseMark(name);
    if (mark && isAlive(mark)) alive.push(mark);
    else rmSync(join(usersFolder(folder), name), { force: true });
  }
  return alive;
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The last line a server wrote, for the message when it did not start. */
export function lastLogLine(folder: string): string {
  try {
    const lines = readFileSync(join(folder, "redis.log"), "utf8").trimEnd().split("\n");
    return lines.at(-1) || "it wrote nothing";
  } catch {
    return "it wrote nothing";
  }
}
