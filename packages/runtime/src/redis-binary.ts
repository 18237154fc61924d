import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { MIN_REDIS_VERSION } from "./redis-connect.ts";

/** A server that can be started, with what its environment must add. */
export interface RedisBinary {
  command: string;
  env: Record<string, string>;
  version: string;
}

const NAMES = ["redis-server", "valkey-server"];
const USUAL_FOLDERS = [
  "/usr/bin",
  "/usr/local/bin",
  "/usr/sbin",
  "/opt/homebrew/bin",
  "/opt/local/bin",
  "/snap/bin",
];

const run = promisify(execFile);

/** A redis-server or valkey-server on PATH or in the usual folders that is new enough; `note` is told of those that are not. */
export async function findInstalledRedis(note: (text: string) => void): Promise<RedisBinary | undefined> {
  const folders = [...(process.env.PATH ?? "").split(delimiter).filter(Boolean), ...USUAL_FOLDERS];
  const candidates = new Set(folders.flatMap((folder) => NAMES.map((name) => join(folder, name))));
  for (const command of candidates) {
    if (!existsSync(command)) continue;
    const found = await examineRedis(command, {});
    if (typeof found !== "string") return found;
    note(found);
  }
  return undefined;
}

/** Runs `--version`. Returns the binary, or why it cannot be used. */
export async function examineRedis(
  command: string,
  env: Record<string, string>,
): Promise<RedisBinary | string> {
  try {
    const { stdout } = await run(command, ["--version"], {
      env: { PATH: process.env.PATH, ...env },
      timeout: 5_000,
    });
    const version = /v=(\S+)/.exec(stdout)?.[1];
    if (!version) return `${command} does not say its version`;
    if (version.localeCompare(MIN_REDIS_VERSION, "en", { numeric: true }) >= 0)
      return { command, env, version };
    return `${command} is version ${version}; ${MIN_REDIS_VERSION} or newer is needed`;
  } catch (error) {
    const stderr = String((error as { stderr?: unknown }).stderr ?? "").trim();
    return `${command} does not run: ${stderr.split("\n")[0] || "no reason given"}`;
  }
}
