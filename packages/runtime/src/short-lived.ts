import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { errorMessage, FatalError, InputError, RetryableError } from "@lifecycle/contracts";
import type { FromChild, ToChild } from "./short-lived-process.ts";

export interface ShortLived {
  /** Leads the codes of what goes wrong with the process itself: `<code>_died | _timeout | _not_started | _failed`. */
  code: string;
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /** Answers what `perform` asks on its way. */
  answer?: ((question: never) => Promise<unknown>) | undefined;
}

const PROCESS = fileURLToPath(new URL("./short-lived-process.ts", import.meta.url));

/**
 * Has a module do something in a process of its own, which ends with it: what the module loads and holds weighs on nobody else, and
 * its crash stops nobody else. The module exports `perform: Perform`; task, answer, and what it asks are plain JSON.
 * Throws `InputError` as the module threw it, `FatalError <code>_failed` for any other error of it, `FatalError <code>_died` when the
 * process ended without an answer, `RetryableError <code>_timeout | _not_started`, or the signal's own reason.
 */
export async function inShortLived<T>(module: URL, task: unknown, options: ShortLived): Promise<T> {
  const { code, timeoutMs, signal } = options;
  signal?.throwIfAborted();
  const child = fork(PROCESS, [module.href], { execArgv: [], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  const kill = () => child.kill("SIGKILL");
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, timeoutMs);
  signal?.addEventListener("abort", kill, { once: true });
  try {
    const said = await conversation(child, task, options);
    if (said.ok) return said.value as T;
    throw said.isInput
      ? new InputError(said.code, said.message)
      : new FatalError(`${code}_failed`, said.message);
  } catch (error) {
    signal?.throwIfAborted();
    if (isLate) throw new RetryableError(`${code}_timeout`, `it took longer than ${timeoutMs} ms`);
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", kill);
  }
}

type Said = Extract<FromChild, { kind: "done" }>;

/** Gives the task, answers questions, and waits for the last word, or for the end without one. */
function conversation(child: ChildProcess, task: unknown, { code, answer }: ShortLived): Promise<Said> {
  const send = (message: ToChild) => void child.send(message, () => {}); // whether it lives, its end tells
  return new Promise((resolve, reject) => {
    let stderr = "";
    child.stderr?.on("data", (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-500);
    });
    child.on("message", (message: FromChild) => {
      if (message.kind === "done") return resolve(message);
      const { id } = message;
      const asked = answer?.(message.question as never) ?? Promise.reject(new Error("nobody answers it"));
      asked.then(
        (value) => send({ kind: "answer", id, value }),
        (error: unknown) => send({ kind: "answer", id, error: errorMessage(error) }),
      );
    });
    child.once("error", (error) =>
      reject(new RetryableError(`${code}_not_started`, error.message, { cause: error })),
    );
    child.once("close", (exitCode, how) => {
      const end = `${how ?? `exit ${exitCode}`} ${stderr.trim()}`.trim();
      reject(new FatalError(`${code}_died`, `its process ended without an answer: ${end}`));
    });
    send({ kind: "task", task });
  });
}
