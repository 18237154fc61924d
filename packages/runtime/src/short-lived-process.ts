// The process of `inShortLived`: performs one task by the module named on its command line, tells its parent, and ends, also with it.
import { errorCode, errorMessage, InputError } from "@lifecycle/contracts";

/** What a module of such a process exports. `ask` has the parent answer something; it throws what the parent threw, as its message. */
export type Perform<Task> = (task: Task, ask: Ask) => Promise<unknown>;
export type Ask = (question: unknown) => Promise<unknown>;

export type ToChild =
  | { kind: "task"; task: unknown }
  | { kind: "answer"; id: number; value?: unknown; error?: string };

export type FromChild =
  | { kind: "ask"; id: number; question: unknown }
  | { kind: "done"; ok: true; value: unknown }
  /** `isInput`: a mistake of a person, to be shown as it is. */
  | { kind: "done"; ok: false; code: string; message: string; isInput: boolean };

const waiting = new Map<number, PromiseWithResolvers<unknown>>();
let asked = 0;

process.once("disconnect", () => process.exit(0));
process.on("message", (message: ToChild) => {
  if (message.kind === "task") void perform(message.task);
  else settle(message);
});

async function perform(task: unknown): Promise<void> {
  let said: FromChild;
  try {
    const module = (await import(process.argv[2] ?? "")) as { perform: Perform<unknown> };
    said = { kind: "done", ok: true, value: await module.perform(task, ask) };
  } catch (error) {
    const isInput = error instanceof InputError;
    // A person's mistake is told with its line, the caret below it and what to write instead; of anything else the first line.
    const message = isInput ? error.message : errorMessage(error);
    said = { kind: "done", ok: false, code: errorCode(error), message, isInput };
  }
  process.send?.(said, () => process.exit(0));
}

function ask(question: unknown): Promise<unknown> {
  const id = ++asked;
  const answer = Promise.withResolvers<unknown>();
  waiting.set(id, answer);
  process.send?.({ kind: "ask", id, question } satisfies FromChild);
  return answer.promise;
}

function settle({ id, value, error }: Extract<ToChild, { kind: "answer" }>): void {
  const answer = waiting.get(id);
  waiting.delete(id);
  if (error === undefined) answer?.resolve(value);
  else answer?.reject(new Error(error));
}
