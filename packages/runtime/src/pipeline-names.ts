import { existsSync, readdirSync } from "node:fs";

const YAML = /\.ya?ml$/;

/** The names of the pipelines of a folder, in order: those of its YAML files. Undefined when there is no such folder. */
export function pipelineNames(folder: string): string[] | undefined {
  if (!existsSync(folder)) return undefined;
  return readdirSync(folder)
    .filter((name) => YAML.test(name))
    .map((name) => name.replace(YAML, ""))
    .toSorted();
}
