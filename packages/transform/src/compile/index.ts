import type { CompiledModel, CompiledProject } from "../compiled.ts";
import { topological } from "../project/graph.ts";
import { relationText, type Target } from "../project/host-functions.ts";
import type { Project } from "../project/load-project.ts";
import { type Finding, inputError, type SourceFile } from "../project/places.ts";
import type { Model } from "../project/types.ts";
import { blankLiterals } from "../sql/polyglot.ts";
import { SqlProblem } from "../sql/problem.ts";
import { rewrite } from "../sql/rewrite.ts";
import { ident } from "../sql/text.ts";
import type { TableShapes } from "../sql/types/checker.ts";
import { compileModel } from "./compile-model.ts";
import { ModelFindings } from "./findings.ts";
import { addCheck } from "./model-tests.ts";
import { type Compilation, findingOf } from "./model-text.ts";
import { inOrder, ProjectShapes } from "./project-shapes.ts";

export type { Target } from "../project/host-functions.ts";
export { type LoadOptions, loadProject, type Project } from "../project/load-project.ts";
export { functionNames } from "../sql/functions/registry.ts";
export type { TableShapes } from "../sql/types/checker.ts";

import { typeText } from "../sql/types/sql-type.ts";

export { declaredShape } from "../sql/types/scope.ts";
export { functionSignatures } from "../sql/types/signatures.ts";

/**
 * Every model for one engine, models after those they need. This module loads the parser (about 85 MB): long-lived
 * processes call `compileInProcess` of the package instead. Throws one `InputError transform.compile` with all findings.
 */
export function compileProject(project: Project, target: Target): CompiledProject {
  const compilation = { project, target, shapes: new ProjectShapes(project, target) };
  const found = new Map<Model, CompiledModel | ModelFindings>();
  for (const model of inOrder(project)) found.set(model, compiledOrFindings(model, compilation));
  const all = [...project.models.values()].map((model) => found.get(model)!);
  const findings = all.flatMap((one) => (one instanceof ModelFindings ? one.findings : []));
  if (findings.length > 0) throw inputError("transform.compile", findings);
  const models = all.filter((one): one is CompiledModel => !(one instanceof ModelFindings));
  return {
    engine: target.engine,
    dataset: target.dataset,
    models: withChecks(topological(models), compilation),
  };
}

function compiledOrFindings(model: Model, compilation: Compilation): CompiledModel | ModelFindings {
  try {
    return compileModel(model, compilation);
  } catch (error) {
    if (error instanceof ModelFindings) return error;
    throw error;
  }
}

/** Each check is asked when the last of the models it reads has been built. */
function withChecks(models: CompiledModel[], compilation: Compilation): CompiledModel[] {
  const findings: Finding[] = [];
  const checked = [...models];
  for (const check of compilation.project.checks.values()) {
    const read = tablesRead(check.refs, checked);
    const last = checked.findLastIndex(({ name }) => read.includes(name));
    if (last < 0) continue; // it reads raw tables only, through ephemeral models: there is no build to hold it against
    try {
      checked[last] = addCheck(checked[last]!, { check, read }, compilation);
    } catch (error) {
      if (!(error instanceof ModelFindings)) throw error;
      findings.push(...error.findings);
    }
  }
  if (findings.length > 0) throw inputError("transform.compile", findings);
  return checked;
}

/** Of an ephemeral model, which is no table, those that it reads. */
function tablesRead(refs: readonly string[], models: readonly CompiledModel[]): string[] {
  const named = models.filter(({ name }) => refs.includes(name));
  return named.flatMap((model) => (model.materialized === "ephemeral" ? model.dependsOn : [model.name]));
}

export interface QueryText {
  /** For the engine. */
  sql: string;
  /** Names where the text tells them. */
  columns: (string | undefined)[];
  /** Their types by BigQuery's names; `?` where they are not told. */
  types: string[];
}

/**
 * One BigQuery SELECT of a person for an engine. A table without a dataset is a published one; `raw_…` ones are in `<ds>_raw`. `home` tells
 * otherwise where a table without a dataset lies, `shapes` what is known of the tables' columns.
 * Throws `InputError transform.compile` with line, column and what to write instead.
 */
export function compileQuery(
  sql: string,
  target: Target,
  home: (table: string) => string = (table) => homeOf(table, target),
  shapes?: TableShapes,
): QueryText {
  const bare = new Set<string>();
  try {
    const rewritten = rewrite(sql, {
      model: false,
      parameters: true,
      shapes,
      table: (parts) => {
        if (parts.length === 1) bare.add(parts[0]!);
        return queryTable(parts, home);
      },
    });
    const text = target.engine === "duckdb" ? rewritten.sql : withHomes(sql, bare, target);
    const types = rewritten.shape.columns.map(({ value }) => typeText(value.type));
    return { sql: text, columns: rewritten.columns, types };
  } catch (error) {
    if (!(error instanceof SqlProblem)) throw error;
    const file: SourceFile = { name: "query", text: sql };
    throw inputError("transform.compile", [findingOf(file, error.offset ?? 0, forQuery(error))]);
  }
}

/** Advice on how a table is kept is for models: a query only reads. */
function forQuery(problem: SqlProblem): SqlProblem {
  if (problem.rule !== "statement.not_select") return problem;
  return new SqlProblem(
    problem.rule,
    "only a SELECT is allowed",
    "A query only reads: write one SELECT (or WITH … SELECT).",
    problem.offset,
  );
}

function homeOf(table: string, { dataset }: Target): string {
  return table.startsWith("raw_") ? `${dataset}_raw` : dataset;
}

/** BigQuery looks for a table without a dataset among the published ones. Those that lie elsewhere stand in front under their names. */
function withHomes(sql: string, bare: ReadonlySet<string>, target: Target): string {
  const elsewhere = [...bare].filter((table) => homeOf(table, target) !== target.dataset);
  if (elsewhere.length === 0) return sql;
  const ctes = elsewhere.map(
    (table) => `\`${table}\` AS (SELECT * FROM ${relationText(target, homeOf(table, target), table)})`,
  );
  const blank = blankLiterals(sql);
  const head = /^\s*WITH\s+(RECURSIVE\s+)?/i.exec(blank)?.[0].length;
  const at = head ?? blank.search(/\S/);
  const inserted = head === undefined ? `WITH ${ctes.join(", ")}\n` : `${ctes.join(", ")}, `;
  return sql.slice(0, at) + inserted + sql.slice(at);
}

function queryTable(parts: readonly string[], homeOfBare: (table: string) => string): string {
  const odd = parts.find((part) => !/^[\w-]+\*?$/.test(part));
  if (odd !== undefined || parts.length > 3) {
    throw new SqlProblem(
      "from.name",
      `${parts.join(".")} is no name of a table`,
      "Write table, dataset.table or project.dataset.table.",
    );
  }
  const [schema, table] = parts.length === 1 ? [undefined, parts[0]!] : parts.slice(-2);
  if (table === undefined || table === "" || /\*$/.test(table)) {
    throw new SqlProblem("from.wildcard", "a wildcard table is not allowed", "Read one table.");
  }
  if (/INFORMATION_SCHEMA/i.test(parts.join("."))) {
    throw new SqlProblem(
      "from.information_schema",
      "INFORMATION_SCHEMA is not allowed",
      "`lifecycle models list` shows tables and columns.",
    );
  }
  return `${ident(schema ?? homeOfBare(table))}.${ident(table)}`;
}
