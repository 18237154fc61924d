import { existsSync, readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { parseDocument } from "yaml";
import { isSecretPath } from "./settings-schema.ts";

export type Environment = Readonly<Record<string, string | undefined>>;
export type Tree = { [key: string]: unknown };

/** One thing wrong with the settings. `got` is already fit to be shown. */
export interface SettingsProblem {
  file: string;
  path: string;
  got: string;
  expected: string;
}

/** Reads `.env`; nothing when there is none. What the process was started with wins over it. */
export function withEnvFile(env: Environment, file: string | undefined): Environment {
  if (!file || !existsSync(file)) return env;
  return { ...parseEnv(readFileSync(file, "utf8")), ...env };
}

/** The tree of a YAML file, `{}` for an empty or absent one; problems instead of exceptions. */
export function readYaml(path: string, shownAs: string, problems: SettingsProblem[]): Tree {
  if (!existsSync(path)) return {};
  const document = parseDocument(readFileSync(path, "utf8"), { prettyErrors: false, uniqueKeys: true });
  for (const error of document.errors) {
    const line = readFileSync(path, "utf8").slice(0, error.pos[0]).split("\n").length;
    problems.push({
      file: `${shownAs}:${line}`,
      path: "",
      got: "text that is not YAML",
      expected: error.message,
    });
  }
  if (document.errors.length > 0) return {};
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (value === null || value === undefined) return {};
  if (isTree(value)) return value;
  problems.push({ file: shownAs, path: "", got: describe(value), expected: "a mapping of settings" });
  return {};
}

/** Where a tree comes from, and what is found out while it is filled in. */
export interface Substitution {
  file: string;
  problems: SettingsProblem[];
  /** Gets, by path, the variable that a whole text was taken from, or that could have given one where there is none. */
  variables: Map<string, string>;
}

/**
 * Replaces `${NAME}` and `${NAME:-default}` in every text of a tree. A text that becomes empty counts as left out. `NAME_FILE`
 * stands in for `NAME`, for mounted secrets. A secret written as plain text is a problem, not a value.
 */
export function substitute(tree: Tree, env: Environment, { file, problems, variables }: Substitution): Tree {
  const visit = (value: unknown, path: PropertyKey[]): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => visit(item, [...path, index]));
    if (isTree(value)) {
      return Object.fromEntries(
        Object.entries(value)
          .map(([key, child]) => [key, visit(child, [...path, key])] as const)
          .filter(([, child]) => child !== undefined),
      );
    }
    const at = path.map(String).join(".");
    if (isSecretPath(path) && value !== null && isLiteralSecret(value)) {
      const expected = `a reference to the environment, such as \${BRAZE_API_KEY}: secrets do not stand in files`;
      problems.push({ file, path: at, got: "[secret]", expected });
      return undefined;
    }
    if (typeof value !== "string" || !value.includes("${")) return value ?? undefined;
    const text = value.replace(
      /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g,
      (whole, name: string, fallback?: string) => {
        const found = lookUp(env, name, (expected, got) => problems.push({ file, path: at, got, expected }));
        if (whole === value && (found || !fallback))
          variables.set(at, env[`${name}_FILE`] ? `${name}_FILE` : name);
        if (found !== undefined && found !== "") return found;
        if (fallback !== undefined) return fallback;
        problems.push({
          file,
          path: at,
          got: "nothing",
          expected: `the environment variable ${name} to be set`,
        });
        return "";
      },
    );
    return text === "" ? undefined : text;
  };
  return visit(tree, []) as Tree;
}

/** A Redis URL without a password is no secret and may stand in a file. */
function isLiteralSecret(value: unknown): boolean {
  if (typeof value !== "string") return true;
  if (value === "" || /^\$\{[^}]*\}$/.test(value) === false) {
    if (value === "") return false;
    return !(
      URL.canParse(value) &&
      /^rediss?:$/.test(new URL(value).protocol) &&
      new URL(value).password === ""
    );
  }
  const fallback = /:-([^}]*)\}$/.exec(value)?.[1] ?? "";
  return fallback !== "" && isLiteralSecret(fallback);
}

type Report = (expected: string, got: string) => void;

/** `NAME`, or the trimmed content of the file that `NAME_FILE` names. */
export function lookUp(env: Environment, name: string, report: Report): string | undefined {
  // LIFECYCLE_ENV_FILE names another `.env`, not a file that holds LIFECYCLE_ENV.
  const file = name === "LIFECYCLE_ENV" ? undefined : env[`${name}_FILE`];
  if (!file) return env[name];
  if (env[name]) report(`only one of ${name} and ${name}_FILE`, "both");
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? "unreadable";
    report(`a readable file in ${name}_FILE`, `${file} (${reason})`);
    return undefined;
  }
}

/** `over` laid on `base`: mappings are merged, everything else (lists too) is replaced. */
export function mergeTrees(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTree(below) && isTree(value) ? mergeTrees(below, value) : value;
  }
  return merged;
}

/** A setting given by the environment, and the variable that gave it. */
export interface Override {
  path: string[];
  value: unknown;
  variable: string;
}

/** Variables with a name of their own; every other setting is reached as `LIFECYCLE__QUEUES__LOCK_MS`. */
const NAMED: Readonly<Record<string, string[]>> = {
  LIFECYCLE_ENV: ["environment"],
  REDIS_URL: ["redis", "url"],
  LOG_LEVEL: ["logs", "level"],
};

/**
 * What the environment overrides. `LIFECYCLE__A__B_C` is the setting `a.b_c`; where the tree already has a key written with
 * `-`, `_` finds it. A list or mapping is given as JSON.
 */
export function readOverrides(env: Environment, tree: Tree, problems: SettingsProblem[]): Override[] {
  const overrides: Override[] = [];
  for (const [variable, path] of Object.entries(NAMED)) {
    const report: Report = (expected, got) =>
      problems.push({ file: `environment ${variable}`, path: path.join("."), got, expected });
    const value = lookUp(env, variable, report);
    if (value) overrides.push({ path, value, variable });
  }
  for (const [variable, value] of Object.entries(env).sort(([a], [b]) => a.localeCompare(b))) {
    if (!variable.startsWith("LIFECYCLE__") || value === undefined) continue;
    const path = spell(variable.slice("LIFECYCLE__".length).split("__"), tree);
    overrides.push({ path, value: readText(value), variable });
  }
  return overrides;
}

function spell(segments: string[], tree: Tree): string[] {
  let at: unknown = tree;
  return segments.map((segment) => {
    const name = segment.toLowerCase();
    const keys = isTree(at) ? Object.keys(at) : [];
    const key = keys.find((candidate) => candidate.toLowerCase().replaceAll("-", "_") === name) ?? name;
    at = isTree(at) ? at[key] : undefined;
    return key;
  });
}

function readText(value: string): unknown {
  if (!/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** The tree with one value set; an empty text removes it. */
export function setPath(tree: Tree, path: readonly string[], value: unknown): Tree {
  const [key, ...rest] = path;
  if (key === undefined) return tree;
  if (rest.length > 0) {
    const below = tree[key];
    return { ...tree, [key]: setPath(isTree(below) ? below : {}, rest, value) };
  }
  const { [key]: _replaced, ...others } = tree;
  return value === "" ? others : { ...others, [key]: value };
}

/** The value at a path; undefined when something on the way is missing. */
export function getPath(tree: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) =>
      at !== null && typeof at === "object" ? (at as Record<PropertyKey, unknown>)[key] : undefined,
    tree,
  );
}

/** A value as a message may show it: short, and never a secret. */
export function describe(value: unknown, path: readonly PropertyKey[] = []): string {
  if (value === undefined) return "nothing";
  if (isSecretPath(path)) return "[secret]";
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (isTree(value)) return "a mapping";
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}…"` : text;
}

function isTree(value: unknown): value is Tree {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
