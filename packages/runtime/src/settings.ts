import { existsSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { didYouMean, InputError } from "@lifecycle/contracts";
import { pipelineNames } from "./pipeline-names.ts";
import { registerSecret, Secret } from "./secret.ts";
import { problemsOf } from "./settings-problems.ts";
import { isSecretPath, type RawSettings, SettingsSchema, type WorkspaceSettings } from "./settings-schema.ts";
import {
  describe,
  type Environment,
  getPath,
  mergeTrees,
  type Override,
  readOverrides,
  readYaml,
  type SettingsProblem,
  setPath,
  substitute,
  type Tree,
  withEnvFile,
} from "./settings-sources.ts";

/**
 * Everything a process may be told, checked, frozen, with absolute paths. What stands in the file keeps its snake_case name;
 * what is derived is camelCase.
 */
export type Settings = Readonly<Omit<RawSettings, "workspaces">> & {
  readonly workspaces: Readonly<Record<string, Workspace>>;
  /** The project: `config/`, `sql/` and `package.json` lie here. */
  readonly root: string;
  /** What the product writes lies here: data, output, logs, `.runtime`. */
  readonly home: string;
  /** An instant at which the clock stands still (LIFECYCLE_NOW), for tests and replays. */
  readonly now: string | undefined;
  /** No workspace has a key: the bundled sandbox plays Braze. */
  readonly usesSandbox: boolean;
  /** The variable (`NAME` or `NAME_FILE`) that gave each secret which is set. */
  readonly secretVariables: readonly SecretVariable[];
};

export interface SecretVariable {
  /** `workspaces.main.braze.api_key` */
  path: string;
  variable: string;
}

export type Workspace = Readonly<WorkspaceSettings> & {
  readonly name: string;
  readonly usesSandbox: boolean;
};

/** Raised by `loadSettings`. The message lists every problem, one per line, without secret values. */
export class SettingsError extends InputError {
  /** `text` is the problem in one line. */
  readonly problems: readonly (SettingsProblem & { text: string })[];

  constructor(problems: readonly SettingsProblem[]) {
    const told = problems.map((problem) => ({ ...problem, text: textOf(problem) }));
    const lines = told.map(({ text }) => `  ${text}`);
    super("settings.invalid", `The settings are not usable; nothing was started.\n${lines.join("\n")}`);
    this.problems = told;
  }
}

function textOf({ file, path, got, expected }: SettingsProblem): string {
  return `${file}: ${path || "(top)"}: got ${got}, ${expectation(expected)}`;
}

function expectation(text: string): string {
  return text.startsWith("expected") ? text : `expected ${text}`;
}

const PROJECT = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");
const orNothing = (variable: string) => `\${${variable}:-}`;
const DEFAULT_WORKSPACES: Tree = {
  main: { braze: { base_url: orNothing("BRAZE_BASE_URL"), api_key: orNothing("BRAZE_API_KEY") } },
};

/**
 * Reads `.env`, `config/settings.yaml` (or LIFECYCLE_CONFIG) with its overlay `settings.<environment>.yaml`, and the environment:
 * `${NAME}` in the files, a few variables of their own (LIFECYCLE_ENV, REDIS_URL, LOG_LEVEL, LIFECYCLE_HOME, LIFECYCLE_NOW), and
 * `LIFECYCLE__A__B` for any setting. LIFECYCLE_ENV_FILE names another `.env`; empty means none.
 *
 * Touches nothing but files. Throws `SettingsError` (`settings.invalid`) that lists all problems at once.
 */
export function loadSettings(from: { cwd?: string; env?: Environment } = {}): Settings {
  const cwd = from.cwd ?? process.cwd();
  const root = existsSync(join(cwd, "config/settings.yaml")) ? cwd : PROJECT;
  const started = from.env ?? process.env;
  const env = withEnvFile(started, envFile(started, root, cwd));
  const problems: SettingsProblem[] = [];

  const file = env.LIFECYCLE_CONFIG ? resolve(cwd, env.LIFECYCLE_CONFIG) : join(root, "config/settings.yaml");
  if (!existsSync(file)) {
    throw new SettingsError([{ file, path: "", got: "no such file", expected: "the settings file" }]);
  }
  const layers = readLayers(file, root, env, problems);
  const merged = layers.reduce((tree, layer) => mergeTrees(tree, layer.tree), {} as Tree);
  const overrides = readOverrides(env, merged, problems);
  const tree = overrides.reduce((at, { path, value }) => setPath(at, path, value), merged);
  const now = readNow(env.LIFECYCLE_NOW, problems);

  const parsed = SettingsSchema.safeParse(tree);
  if (!parsed.success) {
    const where = (path: PropertyKey[]) => originOf(path, overrides, layers);
    problems.push(...problemsOf(parsed.error.issues, { schema: SettingsSchema, tree, where }));
  } else
    problems.push(...missingThings(parsed.data, tree, root, (path) => originOf(path, overrides, layers)));
  if (problems.length > 0 || !parsed.success) throw new SettingsError(problems);

  const home = resolve(cwd, env.LIFECYCLE_HOME || root);
  const secretVariables = secretVariablesOf(layers, overrides).filter(({ variable }) => env[variable]);
  return deepFreeze(complete(parsed.data, { root, home, now, secretVariables }));
}

function secretVariablesOf(layers: readonly Layer[], overrides: readonly Override[]): SecretVariable[] {
  const named = layers.flatMap(({ variables }) =>
    [...variables].map(([path, variable]) => ({ path, variable })),
  );
  const given = overrides.map(({ path, variable }) => ({ path: path.join("."), variable }));
  return [...named, ...given].filter(({ path }) => isSecretPath(path.split(".")));
}

function envFile(env: Environment, root: string, cwd: string): string | undefined {
  const named = env.LIFECYCLE_ENV_FILE;
  if (named === undefined) return join(root, ".env");
  return named === "" ? undefined : resolve(cwd, named);
}

interface Layer {
  name: string;
  tree: Tree;
  /** By path: the variable that a text of this file is taken from. */
  variables: ReadonlyMap<string, string>;
}

/** The files, lowest first. A workspace exists even when no file names one. */
function readLayers(file: string, root: string, env: Environment, problems: SettingsProblem[]): Layer[] {
  const name = shown(file, root);
  const filled = (tree: Tree, as: string): Layer => {
    const variables = new Map<string, string>();
    return { name: as, tree: substitute(tree, env, { file: as, problems, variables }), variables };
  };
  const read = (path: string, as: string) => filled(readYaml(path, as, problems), as);
  const base = read(file, name);
  const environment = env.LIFECYCLE_ENV || base.tree.environment || "dev";
  const overlayFile = file.replace(/(\.ya?ml)?$/, (suffix) => `.${String(environment)}${suffix}`);
  const overlay = read(overlayFile, shown(overlayFile, root));
  if (base.tree.workspaces ?? overlay.tree.workspaces) return [base, overlay];
  return [filled({ workspaces: DEFAULT_WORKSPACES }, name), base, overlay];
}

function shown(file: string, root: string): string {
  const path = relative(root, file);
  return path.startsWith("..") || isAbsolute(path) ? file : path;
}

function readNow(text: string | undefined, problems: SettingsProblem[]): string | undefined {
  if (!text) return undefined;
  if (/^\d{4}-\d{2}-\d{2}T.*(Z|[+-]\d{2}:\d{2})$/.test(text) && !Number.isNaN(Date.parse(text))) {
    return new Date(text).toISOString();
  }
  const expected = "an instant such as 2026-04-11T00:00:00Z";
  problems.push({ file: "environment LIFECYCLE_NOW", path: "now", got: JSON.stringify(text), expected });
  return undefined;
}

/** The file or variable a wrong value came from: the last one that says something about the path. */
function originOf(path: PropertyKey[], overrides: readonly Override[], layers: readonly Layer[]): string {
  const own = overrides.findLast((override) =>
    override.path.every((key, i) => i >= path.length || key === path[i]),
  );
  if (own && own.path.length >= path.length) return `environment ${own.variable}`;
  const holder = layers.findLast((layer) => getPath(layer.tree, path) !== undefined);
  if (own && !holder) return `environment ${own.variable}`;
  const at = path.map(String).join(".");
  const variable = (holder ?? layers.findLast(({ variables }) => variables.has(at)))?.variables.get(at);
  if (variable !== undefined) return `environment ${variable}`;
  return (holder ?? layers.at(-1 - Number(layers.length > 1)))?.name ?? "settings";
}

/** Folders that somebody names and pipelines that schedules name, but that are not there. */
function missingThings(
  { transform, sql, pipelines, schedules }: RawSettings,
  tree: Tree,
  root: string,
  where: (path: PropertyKey[]) => string,
): SettingsProblem[] {
  const problems: SettingsProblem[] = [];
  const folders = {
    "transform.overlay": transform.overlay,
    "sql.path": sql.path,
    "pipelines.path": pipelines.path,
  };
  for (const [path, folder] of Object.entries(folders)) {
    const keys = path.split(".");
    if (folder === undefined || getPath(tree, keys) === undefined || existsSync(resolve(root, folder)))
      continue;
    const expected = `expected a folder that is there; ${resolve(root, folder)} is not`;
    problems.push({ file: where(keys), path, got: describe(folder), expected });
  }
  const known = pipelineNames(resolve(root, pipelines.path));
  schedules.forEach(({ pipeline }, i) => {
    if (known === undefined || known.includes(pipeline)) return;
    const expected = `expected a pipeline of ${pipelines.path}.${didYouMean(pipeline, known)} Known: ${known.join(", ")}`;
    const path = ["schedules", i, "pipeline"];
    problems.push({ file: where(path), path: path.join("."), got: describe(pipeline), expected });
  });
  return problems;
}

function complete(
  raw: RawSettings,
  at: Pick<Settings, "root" | "home" | "now" | "secretVariables">,
): Settings {
  const written = (path: string) => (/^[a-z]+:\/\//.test(path) ? path : resolve(at.home, path));
  const reviewed = (path: string) => resolve(at.root, path);
  const workspaces = Object.fromEntries(
    Object.entries(raw.workspaces).map(([name, workspace]) => [
      name,
      { ...workspace, name, usesSandbox: workspace.braze.api_key === undefined },
    ]),
  );
  const { overlay } = raw.transform;
  const password = raw.redis.url && decodeURIComponent(new URL(raw.redis.url.reveal()).password);
  if (password) registerSecret(password);
  return {
    ...raw,
    ...at,
    workspaces,
    usesSandbox: Object.values(workspaces).every((workspace) => workspace.usesSandbox),
    landing: { ...raw.landing, path: written(raw.landing.path) },
    output: { ...raw.output, path: written(raw.output.path) },
    logs: { ...raw.logs, path: written(raw.logs.path) },
    sql: { ...raw.sql, path: reviewed(raw.sql.path) },
    pipelines: { ...raw.pipelines, path: reviewed(raw.pipelines.path) },
    transform: { ...raw.transform, ...(overlay ? { overlay: reviewed(overlay) } : {}) },
    warehouse: {
      ...raw.warehouse,
      duckdb: { ...raw.warehouse.duckdb, path: written(raw.warehouse.duckdb.path) },
    },
  };
}

function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== "object" || value instanceof Secret) return value;
  for (const child of Object.values(value)) deepFreeze(child);
  return Object.freeze(value);
}
