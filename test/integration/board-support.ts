import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";

const ROOT = resolve(import.meta.dirname, "../..");

export interface BoardProcess {
  url: string;
  /** Everything it has written. */
  log(): string;
  /** Asks it to end; its exit code. */
  stop(): Promise<number | null>;
}

/** A home of one's own: a folder that goes away with the test, and a key prefix nobody else has. */
export function ownHome(): { home: string; prefix: string } {
  const home = mkdtempSync(join(tmpdir(), "lifecycle-board-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return { home, prefix: `lifecycle-board-${randomBytes(4).toString("hex")}` };
}

/** Starts the real process and waits until it says where it listens. It ends with the test. Rejects with its words when it ends. */
export async function startBoard(env: Record<string, string>, ...args: string[]): Promise<BoardProcess> {
  const child = spawn(process.execPath, [join(ROOT, "apps/board/src/main.ts"), ...args], {
    cwd: ROOT,
    env: { ...process.env, LIFECYCLE__BOARD__PORT: "0", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const exited = once(child, "exit") as Promise<[number | null]>;
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const lines: string[] = [];
  const log = () => lines.join("\n");
  const url = Promise.withResolvers<string>();
  hear(child, (line) => {
    lines.push(line);
    const found = /"event":"listening","url":"([^"]+)"/.exec(line)?.[1];
    if (found) url.resolve(found);
  });
  void exited.then(([code]) => url.reject(new Error(`the board ended with ${code}:\n${log()}`)));
  return {
    url: await url.promise,
    log,
    stop: async () => {
      child.kill("SIGTERM");
      return (await exited)[0];
    },
  };
}

function hear(child: ChildProcess, onLine: (line: string) => void): void {
  for (const input of [child.stdout!, child.stderr!]) createInterface({ input }).on("line", onLine);
}
