import { basename } from "node:path";
import { nearest } from "@lifecycle/contracts";
import type { Macro, Template, Value } from "../jinja/nodes.ts";
import { parseTemplate } from "../jinja/parser.ts";
import { JinjaProblem } from "../jinja/problem.ts";
import { renderTemplate } from "../jinja/render.ts";
import { graphFindings, referenceFindings } from "./graph.ts";
import { type Asked, hostFunctions, hostValues, relationText } from "./host-functions.ts";
import { type Finding, findingAt, inputError, type SourceFile } from "./places.ts";
import { projectVars } from "./project-file.ts";
import { readTree, type Tree } from "./read-tree.ts";
import { readSchemaFile } from "./schema-yaml.ts";
import type { Engine, Model, ModelConfig, ModelProperties, SourceColumn } from "./types.ts";
import { unreadVars } from "./unread-vars.ts";
import { unsafeVars } from "./vars.ts";

export interface LoadOptions {
  sqlDir: string;
  /** A user's own tree: adds and replaces models, macros and vars, or disables models. */
  overlayDir?: string | undefined;
  /** Win over those of `dbt_project.yml`, ours and the overlay's. */
  vars?: Readonly<Record<string, Value>> | undefined;
}

export interface Project {
  models: ReadonlyMap<string, Model>;
  macros: ReadonlyMap<string, Macro>;
  vars: Readonly<Record<string, Value>>;
  /** SELECTs that must give no rows, by name. */
  checks: ReadonlyMap<string, Model>;
  /** Columns of raw tables whose YAML says them. */
  sourceColumns: ReadonlyMap<string, readonly SourceColumn[]>;
}

/**
 * Reads the models of a tree and of its overlay and checks how they fit together, without touching an engine. Throws one
 * `InputError transform.project` that lists every finding with file, line and column.
 */
export async function loadProject(options: LoadOptions): Promise<Project> {
  const trees = [await readTree(options.sqlDir)];
  if (options.overlayDir !== undefined) trees.push(await readTree(options.overlayDir));
  return assembleProject(trees, options.vars ?? {});
}

/** The project of trees already read, the later ones over the earlier. */
function assembleProject(trees: readonly Tree[], given: Readonly<Record<string, Value>>): Project {
  const findings: Finding[] = [];
  const vars = mergedVars(trees, given, findings);
  const macros = readMacros(trees, findings);
  const { properties, sources, sourceColumns } = readProperties(trees, findings);
  const files = filesByName(trees, "models", findings);
  const models = new Map<string, Model>();
  for (const [name, file] of files) {
    const model = readModel(name, file, macros, vars, properties.get(name), findings);
    if (model) models.set(name, model);
  }
  for (const [name, described] of properties) {
    if (files.has(name)) continue;
    const near = nearest(name, files.keys());
    findings.push({
      place: described.place,
      message: `model ${name} is described here, but there is no ${name}.sql`,
      hint: near === undefined ? undefined : `Did you mean ${near}?`,
    });
  }
  const checks = new Map<string, Model>();
  for (const [name, file] of filesByName(trees, "checks", findings)) {
    const check = readModel(name, file, macros, vars, undefined, findings);
    if (check) checks.set(name, check);
    if (check?.refs.length === 0)
      findings.push(findingAt(file, 0, `check ${name} reads no model`, "Name one with {{ ref('model') }}."));
  }
  findings.push(...graphFindings(models, sources), ...referenceFindings(checks, models, sources));
  if (findings.length > 0) throw inputError("transform.project", findings);
  const enabled = new Map([...models].filter(([, model]) => model.config.enabled !== false));
  const asked = new Map([...checks].filter(([, check]) => check.config.enabled !== false));
  return { models: enabled, macros, vars, checks: asked, sourceColumns };
}

function mergedVars(
  trees: readonly Tree[],
  given: Readonly<Record<string, Value>>,
  findings: Finding[],
): Record<string, Value> {
  const vars: Record<string, Value> = {};
  for (const tree of trees) {
    const read = projectVars(tree.project);
    findings.push(...read.findings);
    if (tree.project !== undefined) findings.push(...unsafeVars(read.vars, tree.project));
    Object.assign(vars, read.vars);
  }
  Object.assign(vars, given);
  findings.push(...unsafeVars(given, { name: "settings, transform.vars", text: "" }));
  findings.push(...unreadVars(trees, given));
  return vars;
}

/** The name of a model or check is its file's. Two of one name in the same tree are an error, over trees the later replaces. */
function filesByName(
  trees: readonly Tree[],
  kind: "models" | "checks",
  findings: Finding[],
): Map<string, SourceFile> {
  const files = new Map<string, SourceFile>();
  for (const tree of trees) {
    const own = new Map<string, SourceFile>();
    for (const file of tree[kind]) {
      const name = basename(file.name, ".sql");
      const other = own.get(name);
      if (other)
        findings.push(
          findingAt(
            file,
            0,
            `two ${kind} are called ${name}: ${other.name} and ${file.name}`,
            "Rename one of the files.",
          ),
        );
      else if (!/^[a-z_][a-z0-9_]*$/.test(name))
        findings.push(
          findingAt(file, 0, `${name} is no name for a model`, "Use lower-case letters, digits and _."),
        );
      own.set(name, file);
    }
    for (const [name, file] of own) files.set(name, file);
  }
  return files;
}

function readMacros(trees: readonly Tree[], findings: Finding[]): Map<string, Macro> {
  const macros = new Map<string, Macro>();
  for (const tree of trees) {
    const own = new Map<string, Macro>();
    for (const file of tree.macros) {
      const parsed = parsedFile(file, findings);
      for (const macro of parsed?.macros ?? []) {
        const other = own.get(macro.name);
        if (other)
          findings.push(
            findingAt(
              file,
              macro.offset,
              `two macros are called ${macro.name}: ${other.file} and ${file.name}`,
            ),
          );
        own.set(macro.name, macro);
      }
    }
    for (const [name, macro] of own) macros.set(name, macro);
  }
  return macros;
}

function parsedFile(file: SourceFile, findings: Finding[]): { body: Template; macros: Macro[] } | undefined {
  try {
    return parseTemplate(file.text, file.name);
  } catch (error) {
    findings.push(jinjaFinding(file, error));
    return undefined;
  }
}

/** Throws anything that is not a problem of the template. */
function jinjaFinding(file: SourceFile, error: unknown): Finding {
  if (!(error instanceof JinjaProblem)) throw error;
  return findingAt(file, error.offset, error.message, error.hint);
}

function readProperties(trees: readonly Tree[], findings: Finding[]) {
  const properties = new Map<string, ModelProperties>();
  const sources = new Map<string, Set<string>>();
  const sourceColumns = new Map<string, readonly SourceColumn[]>();
  for (const tree of trees) {
    const own = new Map<string, ModelProperties>();
    for (const file of tree.yaml) {
      const read = readSchemaFile(file);
      findings.push(...read.findings);
      for (const [name, described] of read.models) {
        const other = own.get(name);
        if (other)
          findings.push({
            place: described.place,
            message: `model ${name} is described twice: also in ${other.place.file}`,
          });
        own.set(name, described);
      }
      for (const [name, tables] of read.sources)
        sources.set(name, new Set([...(sources.get(name) ?? []), ...tables]));
      for (const [table, columns] of read.sourceColumns) sourceColumns.set(table, columns);
    }
    for (const [name, described] of own) properties.set(name, described);
  }
  return { properties, sources, sourceColumns };
}

function readModel(
  name: string,
  file: SourceFile,
  macros: ReadonlyMap<string, Macro>,
  vars: Readonly<Record<string, Value>>,
  properties: ModelProperties | undefined,
  findings: Finding[],
): Model | undefined {
  const parsed = parsedFile(file, findings);
  if (parsed === undefined) return undefined;
  if (parsed.macros.length > 0) {
    findings.push(
      findingAt(file, parsed.macros[0]!.offset, "a macro inside a model", "Put it into sql/macros/."),
    );
    return undefined;
  }
  try {
    const asked = ask(name, file, parsed.body, macros, vars);
    const config: ModelConfig = { ...properties?.config, ...asked.config };
    config.meta = { ...properties?.config.meta, ...asked.config.meta };
    config.tags = [...new Set([...(properties?.config.tags ?? []), ...(asked.config.tags ?? [])])];
    const related = (properties?.tests ?? []).flatMap((test) =>
      test.kind === "relationships" && test.to !== name ? [test.to] : [],
    );
    return {
      name,
      file,
      template: parsed.body,
      config,
      properties,
      refs: [...new Set([...asked.refs, ...related])],
      inputs: [...asked.refs],
      asksIncremental: asked.incremental ?? false,
      sources: [...asked.sources.values()],
    };
  } catch (error) {
    findings.push(jinjaFinding(file, error));
    return undefined;
  }
}

/** Renders for both engines, since a model may differ by `target.type`, and keeps what it asked for. */
function ask(
  name: string,
  file: SourceFile,
  body: Template,
  macros: ReadonlyMap<string, Macro>,
  vars: Readonly<Record<string, Value>>,
): Asked {
  const asked: Asked = { refs: new Set(), sources: new Map(), config: {} };
  for (const engine of ["bigquery", "duckdb"] satisfies Engine[]) {
    const target = { engine, dataset: "dataset" };
    renderTemplate(body, {
      file: file.name,
      functions: hostFunctions(target, vars, asked, {
        ref: (other) => relationText(target, "dataset_build", other),
      }),
      values: hostValues(target, name),
      macros,
    });
  }
  return asked;
}
