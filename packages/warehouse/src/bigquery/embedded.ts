import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { FatalError, InputError, RetryableError } from "@lifecycle/contracts";
import type { CsvRows, EmbeddedTask } from "./embedded-tasks.ts";

export type EmbeddedAnswer =
  | { ok: true; value: CsvRows | undefined }
  | { ok: false; outcome: "input" | "fatal" | "retry"; code: string; message: string };

const PROCESS = fileURLToPath(new URL("./embedded-process.ts", import.meta.url));
/** Publishing writes a file per table, one after the other: starting a process for each took longer than the writing. */
const IDLE_MS = 5_000;

let idle: { child: ChildProcess; timer: NodeJS.Timeout } | undefined;

/**
 * Has the embedded engine do something in a process of its own, which ends some seconds after its last task: one that lives with
 * BigQuery never loads the engine (90 MB). Throws the task's own classified error, or `RetryableError warehouse.embedded_died`.
 */
export async function inEmbeddedEngine(task: EmbeddedTask): Promise<CsvRows | undefined> {
  const child = takeIdle() ?? start();
  const said = await ask(child, task);
  keepIdle(child);
  if (said.ok) return said.value;
  const { code, message } = said;
  switch (said.outcome) {
    case "input":
      throw new InputError(code, message);
    case "fatal":
      throw new FatalError(code, message);
    default:
      throw new RetryableError(code, message);
  }
}

function start(): ChildProcess {
  const child = fork(PROCESS, [], { execArgv: [], stdio: ["ignore", "ignore", "inherit", "ipc"] });
  child.on("error", () => undefined); // whoever asks it hears of its end
  return child;
}

function takeIdle(): ChildProcess | undefined {
  const found = idle;
  idle = undefined;
  clearTimeout(found?.timer);
  if (!found?.child.connected) return undefined;
  found.child.ref();
  found.child.channel?.ref();
  return found.child;
}

/** One is kept, without keeping this process alive. */
function keepIdle(child: ChildProcess): void {
  if (idle || !child.connected) {
    if (child.connected) child.disconnect();
    return;
  }
  child.unref();
  child.channel?.unref();
  const timer = setTimeout(() => {
    if (idle?.child === child) idle = undefined;
    if (child.connected) child.disconnect();
  }, IDLE_MS);
  timer.unref();
  idle = { child, timer };
}

function ask(child: ChildProcess, task: EmbeddedTask): Promise<EmbeddedAnswer> {
  return new Promise((resolve, reject) => {
    const forget = () => {
      child.off("message", answered);
      child.off("close", died);
      child.off("error", died);
    };
    const answered = (said: unknown) => {
      forget();
      resolve(said as EmbeddedAnswer);
    };
    const died = (how: unknown) => {
      forget();
      const message = `${task.kind}: its process ended early (${how instanceof Error ? how.message : how})`;
      reject(new RetryableError("warehouse.embedded_died", message, { cause: how }));
    };
    child.once("message", answered);
    child.once("close", died);
    child.once("error", died);
    child.send(task, (error) => {
      if (error) died(error);
    });
  });
}
