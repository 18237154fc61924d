import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../apps/sandbox/src/main.ts", import.meta.url));

export interface RunningSandbox {
  url: string;
  /** The instant its world stands at. */
  now: string;
  control(path: string, body?: unknown): Promise<unknown>;
  stop(): Promise<void>;
}

/** The sandbox as a process of its own, on a free port. */
export async function startSandbox(...flags: string[]): Promise<RunningSandbox> {
  const child = spawn(process.execPath, [MAIN, "--port", "0", ...flags], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const { url, now } = await firstLine(child);
  return {
    url,
    now,
    async control(path, body) {
      const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
      const response = await fetch(`${url}/__sandbox/${path}`, init);
      if (!response.ok) throw new Error(`sandbox control ${path}: ${response.status}`);
      return await response.json();
    },
    async stop() {
      if (child.exitCode !== null) return;
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function firstLine(child: ChildProcess): Promise<{ url: string; now: string }> {
  for await (const line of createInterface({ input: child.stdout! })) return JSON.parse(line);
  throw new Error(`the sandbox ended with ${child.exitCode}`);
}
