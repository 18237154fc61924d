import { compileProject, compileQuery, loadProject } from "./compile/index.ts";
import type { CompileTask } from "./compile-task.ts";

/** What the short-lived process does that alone holds the parser. */
export async function perform(given: CompileTask): Promise<unknown> {
  if (given.kind === "query") return compileQuery(given.sql, given.target);
  return compileProject(await loadProject(given.load), given.target);
}
