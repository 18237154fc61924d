import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { WorkerOrder } from "./limiter-worker.ts";

const WORKER = fileURLToPath(new URL("./limiter-worker.ts", import.meta.url));

/** A worker process under a shared limit. It ends with its parent. */
export function startWorker(order: WorkerOrder): ChildProcess {
  const child = fork(WORKER, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  child.send(order);
  return child;
}

export async function endWorker(
  child: ChildProcess,
  signal: NodeJS.Signals = "SIGTERM",
): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
  const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.kill(signal);
  return await ended;
}

/** Resolves with a worker's first message. Rejects when it ends without one. */
export function firstMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    child.once("message", resolve);
    child.once("exit", (code) => reject(new Error(`the worker ended with ${code}`)));
  });
}
