import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { ExperimentsConfig, PipelineConfig } from "@lifecycle/contracts";
import type { z } from "zod";
import { type Settings, SettingsError } from "./settings.ts";
import { problemsOf } from "./settings-problems.ts";
import { readYaml, type SettingsProblem, type Tree } from "./settings-sources.ts";

/**
 * Every pipeline of the folder `pipelines.path`, by name. Throws `SettingsError` that lists all problems of all files.
 */
export function loadPipelines(settings: Pick<Settings, "pipelines" | "root">): Map<string, PipelineConfig> {
  const folder = settings.pipelines.path;
  const problems: SettingsProblem[] = [];
  const pipelines = new Map<string, PipelineConfig>();
  const files = existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => /\.ya?ml$/.test(name))
        .toSorted()
    : [];
  for (const file of files) {
    const path = join(folder, file);
    const shownAs = relative(settings.root, path);
    const pipeline = readDocument(path, shownAs, PipelineConfig, problems);
    if (!pipeline) continue;
    const expected = basename(file).replace(/\.ya?ml$/, "");
    if (pipeline.name !== expected)
      problems.push({
        file: shownAs,
        path: "name",
        got: JSON.stringify(pipeline.name),
        expected: `${expected}, like the file`,
      });
    pipelines.set(pipeline.name, pipeline);
  }
  if (problems.length > 0) throw new SettingsError(problems);
  return pipelines;
}

/**
 * `config/experiments.yaml`, beside the pipelines' folder; its defaults when there is none. Throws `SettingsError`.
 * The bundled sandbox sends a campaign to nobody twice, so there that is known without being said.
 */
export function loadExperimentsConfig(
  settings: Pick<Settings, "pipelines" | "root" | "usesSandbox">,
): ExperimentsConfig {
  const problems: SettingsProblem[] = [];
  const path = join(dirname(settings.pipelines.path), "experiments.yaml");
  const config = readDocument(path, relative(settings.root, path), ExperimentsConfig, problems);
  if (!config || problems.length > 0) throw new SettingsError(problems);
  return settings.usesSandbox ? { repeat_sends: "no", ...config } : config;
}

function readDocument<T>(
  path: string,
  shownAs: string,
  schema: z.ZodType<T>,
  problems: SettingsProblem[],
): T | undefined {
  const before = problems.length;
  const tree: Tree = readYaml(path, shownAs, problems);
  if (problems.length > before) return undefined;
  const parsed = schema.safeParse(tree);
  if (parsed.success) return parsed.data;
  problems.push(...problemsOf(parsed.error.issues, { schema, tree, where: () => shownAs }));
  return undefined;
}
