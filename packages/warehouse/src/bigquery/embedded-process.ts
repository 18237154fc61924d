// Tasks for the embedded engine, received from the parent one after the other and answered to it. Ends with its parent.
import { errorCode, errorMessage, FatalError, InputError } from "@lifecycle/contracts";
import type { EmbeddedAnswer } from "./embedded.ts";
import { carryOut, type EmbeddedTask } from "./embedded-tasks.ts";

process.once("disconnect", () => process.exit(0));
process.on("message", (task: EmbeddedTask) => {
  carryOut(task).then(
    (value) => answer({ ok: true, value }),
    (error: unknown) =>
      answer({ ok: false, outcome: outcomeOf(error), code: errorCode(error), message: errorMessage(error) }),
  );
});

function answer(said: EmbeddedAnswer): void {
  process.send?.(said);
}

function outcomeOf(error: unknown): "input" | "fatal" | "retry" {
  if (error instanceof InputError) return "input";
  return error instanceof FatalError ? "fatal" : "retry";
}
