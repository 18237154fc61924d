import type { Rendered } from "../jinja/render.ts";
import type { Target } from "../project/host-functions.ts";
import type { Project } from "../project/load-project.ts";
import { type Finding, findingAt, type SourceFile } from "../project/places.ts";
import type { Engine, Model } from "../project/types.ts";
import { parseQuery } from "../sql/polyglot.ts";
import { SqlProblem } from "../sql/problem.ts";
import { type RewriteOptions, type Rewritten, rewrite } from "../sql/rewrite.ts";
import { ident } from "../sql/text.ts";
import { checkTypes } from "../sql/types/check-types.ts";
import { type Shape, unknownShape } from "../sql/types/scope.ts";
import { ModelFindings } from "./findings.ts";
import type { ProjectShapes } from "./project-shapes.ts";
import { type Part, renderModel } from "./render-model.ts";
import { sourceOf } from "./source-map.ts";

/** What a model is compiled in. */
export interface Compilation {
  project: Project;
  target: Target;
  shapes: ProjectShapes;
}

/** A model's text for the engine, checked for both engines whichever gets it. Throws `ModelFindings`. */
export function compiledText(model: Model, { project, target, shapes }: Compilation, part?: Part): Rewritten {
  const textOf = (engine: Engine) => renderModel(model, project, { ...target, engine }, part);
  const [duckdb, bigquery] = [textOf("duckdb"), textOf("bigquery")];
  const isShared = duckdb.text === bigquery.text;
  const rewritten = rewriteModel(model, project, duckdb, target, isShared ? shapes.tables : "unchecked");
  const shape = isShared ? rewritten.shape : checkedShape(model, project, bigquery, shapes);
  const sql = target.engine === "duckdb" ? rewritten.sql : bigquery.text.trim().replace(/;\s*$/, "");
  return { ...rewritten, shape, sql };
}

/** The types of a text that BigQuery alone gets. One that only BigQuery can read is left to it. */
function checkedShape(model: Model, project: Project, bigquery: Rendered, shapes: ProjectShapes): Shape {
  try {
    return checkTypes(parseQuery(bigquery.text), bigquery.text, shapes.tables);
  } catch (error) {
    if (error instanceof SqlProblem && error.rule.startsWith("type."))
      throw findingsOf(model, project, bigquery, error);
    return unknownShape;
  }
}

export function rewriteModel(
  model: Model,
  project: Project,
  rendered: Rendered,
  target: Target,
  shapes: RewriteOptions["shapes"],
  isModel = true,
): Rewritten {
  try {
    const [table, hasRowIds] = [modelTable(target), isRawTable(target)];
    return rewrite(rendered.text, { model: isModel, parameters: false, table, hasRowIds, shapes });
  } catch (error) {
    throw error instanceof SqlProblem ? findingsOf(model, project, rendered, error) : error;
  }
}

/** At the place in the author's files. */
function findingsOf(model: Model, project: Project, rendered: Rendered, problem: SqlProblem): ModelFindings {
  const { file, offset } = sourceOf(rendered, problem.offset ?? 0);
  const named = [model, ...project.models.values()].find((candidate) => candidate.file.name === file);
  return new ModelFindings([findingOf(named?.file ?? model.file, offset, problem)]);
}

/** `function.unknown: …`: the rule's name stands in front, so that it can be looked up. */
export function findingOf(file: SourceFile, offset: number, problem: SqlProblem): Finding {
  return findingAt(file, offset, `${problem.message} [${problem.rule}]`, problem.hint);
}

/** A model reads only what ref() and source() named; the text they leave is `dataset_build.model` or `dataset_raw.table`. */
export function modelTable(target: Target): (parts: readonly string[]) => string {
  const allowed = new Set([`${target.dataset}_build`, `${target.dataset}_raw`]);
  return (parts) => {
    const [schema, table] = parts.slice(-2);
    if (parts.length >= 2 && allowed.has(schema!)) return `${ident(schema!)}.${ident(table!)}`;
    throw new SqlProblem(
      "from.direct_table",
      `table ${parts.join(".")} is named directly`,
      "Write {{ ref('model') }} or {{ source('raw', 'table') }}.",
    );
  };
}

/** What loads write are tables; a model may be a view, and a part of an input is a select. */
function isRawTable(target: Target): (parts: readonly string[]) => boolean {
  return (parts) => parts.length >= 2 && parts.at(-2) === `${target.dataset}_raw`;
}
