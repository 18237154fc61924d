import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { FatalError, InputError, RetryableError } from "@lifecycle/contracts";
import type { CsvRows, EmbeddedTask } from "./embedded-tasks.ts";

export type EmbeddedAnswer =
  | { ok: true; value: CsvRows | undefined }
  | { ok: false; outcome: "input" | "fatal" | "retry"; code: string; message: string };

const PROCESS = fileURLToPath(new URL("./embedded-process.ts", import.meta.url));

/**
 * Has the embedded engine do something in a short-lived process: one that lives with BigQuery never loads the engine (90 MB).
 * Throws the task's own classified error, or `RetryableError warehouse.embedded_died`.
 */
export async function inEmbeddedEngine(task: EmbeddedTask): Promise<CsvRows | undefined> {
  const said = await ask(task);
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

function ask(task: EmbeddedTask): Promise<EmbeddedAnswer> {
  return new Promise((resolve, reject) => {
    const child = fork(PROCESS, [], { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-500);
    });
    const died = (how: string, cause?: unknown) =>
      new RetryableError("warehouse.embedded_died", `${task.kind}: its process ended early (${how})`, {
        cause,
      });
    child.once("error", (error) => reject(died(error.message, error)));
    child.once("message", (answer: EmbeddedAnswer) => resolve(answer));
    child.once("close", (code, signal) => reject(died(`${signal ?? `exit ${code}`} ${said.trim()}`)));
    child.send(task);
  });
}
