import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { isRunning } from "../../fixtures/is-running.ts";
import { type Installation, PROJECT, until } from "./installation.ts";

/** A command with all the processes it starts. */
export interface Tree {
  process: ChildProcess;
  output: string[];
  ended: Promise<{ code: number }>;
}

export function startTree(at: Installation, ...args: string[]): Tree {
  const child = spawn(process.execPath, [join(PROJECT, "apps/cli/bin/lifecycle.mjs"), ...args], {
    cwd: PROJECT,
    env: at.env,
  });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => output.push(String(chunk)));
  return { process: child, output, ended: once(child, "exit").then(([code]) => ({ code: Number(code) })) };
}

/** Ends the command and everything below it with SIGKILL, at once; answers when all of them are gone. */
export async function killAll(tree: Tree): Promise<void> {
  const pids = await descendants(tree.process.pid!);
  for (const pid of pids) kill(pid);
  for (const pid of pids) await until(async () => !isRunning(pid), `the end of ${pid}`);
}

async function descendants(root: number): Promise<number[]> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    parents.set(Number(name), Number(/\) \S (\d+)/.exec(stat)?.[1] ?? 0));
  }
  const found = [root];
  for (const pid of found) for (const [child, parent] of parents) if (parent === pid) found.push(child);
  return found;
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}
