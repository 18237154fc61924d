import { readFile, writeFile } from "node:fs/promises";
import { errorCode, errorMessage, InputError } from "@lifecycle/contracts";
import { compileProject, compileQuery, loadProject } from "./compile/index.ts";
import type { CompileAnswer, CompileTask } from "./compile-task.ts";

/** The short-lived process that holds the parser: task in and answer out by file, exit 0 also for an author's mistake. */
const [taskPath, answerPath] = process.argv.slice(2);
if (taskPath === undefined || answerPath === undefined) process.exit(64);
const task = JSON.parse(await readFile(taskPath, "utf8")) as CompileTask;
await writeFile(answerPath, JSON.stringify(await answer(task)));
process.exit(0);

async function answer(given: CompileTask): Promise<CompileAnswer> {
  try {
    return { ok: true, value: await perform(given) };
  } catch (error) {
    if (error instanceof InputError)
      return { ok: false, code: error.code, message: error.message, input: true };
    return { ok: false, code: errorCode(error), message: errorMessage(error), input: false };
  }
}

async function perform(given: CompileTask): Promise<unknown> {
  if (given.kind === "query") return compileQuery(given.sql, given.target);
  return compileProject(await loadProject(given.load), given.target);
}
