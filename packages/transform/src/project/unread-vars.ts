import { nearest } from "@lifecycle/contracts";
import type { Value } from "../jinja/nodes.ts";
import { type Finding, findingAt } from "./places.ts";
import { projectVars } from "./project-file.ts";
import type { Tree } from "./read-tree.ts";

const READ = /\bvar\(\s*(['"])([^'"]+)\1/g;

/** Names of the vars that the texts of these trees read, in order. A branch that is not taken counts: it may be, with another value. */
function varsRead(trees: readonly Tree[]): string[] {
  const files = trees.flatMap(({ models, macros, checks, yaml }) => [
    ...models,
    ...macros,
    ...checks,
    ...yaml,
  ]);
  return [
    ...new Set(files.flatMap(({ text }) => [...text.matchAll(READ)].map(([, , name]) => name!))),
  ].sort();
}

/** Vars that somebody sets and nobody reads: a slip in a name would otherwise change nothing, silently. `given` are the settings'. */
export function unreadVars(trees: readonly Tree[], given: Readonly<Record<string, Value>>): Finding[] {
  const read = varsRead(trees);
  const isUnread = (name: string) => !read.includes(name);
  const message = (name: string) => `var ${name} is set, but nothing reads it`;
  const inFiles = trees.flatMap(({ project: file }) =>
    Object.keys(projectVars(file).vars)
      .filter(isUnread)
      .map((name) =>
        findingAt(file!, Math.max(0, file!.text.indexOf(name)), message(name), hint(name, read)),
      ),
  );
  const inSettings = Object.keys(given)
    .filter(isUnread)
    .map((name): Finding => {
      const place = { file: "settings, transform.vars", line: 1, column: 1 };
      return { place, message: message(name), hint: hint(name, read) };
    });
  return [...inFiles, ...inSettings];
}

function hint(name: string, read: readonly string[]): string {
  const near = nearest(name, read);
  if (near !== undefined) return `Did you mean ${near}?`;
  return read.length > 0 ? `There are: ${read.join(", ")}.` : "No model reads a var.";
}
