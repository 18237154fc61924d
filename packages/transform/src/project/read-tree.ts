import { readdir, readFile, realpath, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";
import { InputError } from "@lifecycle/contracts";
import type { SourceFile } from "./places.ts";

/** The text files of one tree. `overlay` marks the user's own folder. */
export interface Tree {
  root: string;
  models: SourceFile[];
  macros: SourceFile[];
  /** Of `checks/`: each a SELECT that must give no rows. */
  checks: SourceFile[];
  yaml: SourceFile[];
  project: SourceFile | undefined;
}

const MAX_BYTES = 1_000_000;
/** Folders of a dbt project that hold no models. `tests` are dbt's own: ours are told in YAML. */
const skipped = new Set([
  "tests",
  "target",
  "dbt_packages",
  "logs",
  "node_modules",
  "seeds",
  "analyses",
  "queries",
]);

/** Reads `sql/` or an overlay. Throws `InputError` when the folder is missing or a file in it lies elsewhere. */
export async function readTree(root: string, shown = process.cwd()): Promise<Tree> {
  const folder = resolve(root);
  const found = await stat(folder).catch(() => undefined);
  if (!found?.isDirectory()) throw new InputError("transform.no_folder", `there is no folder ${root}`);
  const real = await realpath(folder);
  const tree: Tree = { root: folder, models: [], macros: [], checks: [], yaml: [], project: undefined };
  for (const path of (await listFiles(folder)).sort()) {
    if (!/\.(sql|ya?ml)$/.test(path)) continue;
    await mustLieInside(path, real);
    const file = { name: relative(shown, path), text: await readText(path) };
    put(tree, relative(folder, path), file);
  }
  return tree;
}

function put(tree: Tree, path: string, file: SourceFile): void {
  if (path === "dbt_project.yml") tree.project = file;
  else if (/\.ya?ml$/.test(path)) {
    if (!/^(packages|dependencies|profiles|selectors)\.ya?ml$/.test(path)) tree.yaml.push(file);
  } else if (path.split(sep).includes("macros")) tree.macros.push(file);
  else if (path.split(sep)[0] === "checks") tree.checks.push(file);
  else tree.models.push(file);
}

async function listFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const lists = await Promise.all(
    entries.map(async (entry) => {
      if (entry.name.startsWith(".") || skipped.has(entry.name)) return [];
      const path = join(folder, entry.name);
      const isFolder =
        entry.isDirectory() ||
        (entry.isSymbolicLink() && (await stat(path).catch(() => undefined))?.isDirectory());
      return isFolder ? listFiles(path) : [path];
    }),
  );
  return lists.flat();
}

async function mustLieInside(path: string, root: string): Promise<void> {
  const real = await realpath(path);
  if (!real.startsWith(root + sep)) {
    throw new InputError(
      "transform.outside_folder",
      `${path} points outside ${root}: put the file itself there`,
    );
  }
}

async function readText(path: string): Promise<string> {
  const { size } = await stat(path);
  if (size > MAX_BYTES)
    throw new InputError("transform.file_too_long", `${path} has ${size} bytes: a model is one SELECT`);
  return readFile(path, "utf8");
}
