import type { Rendered } from "../jinja/render.ts";
import type { Target } from "../project/host-functions.ts";
import type { Project } from "../project/load-project.ts";
import { type Finding, findingAt, type SourceFile } from "../project/places.ts";
import type { Model } from "../project/types.ts";
import { SqlProblem } from "../sql/problem.ts";
import { type Rewritten, rewrite } from "../sql/rewrite.ts";
import { ident } from "../sql/text.ts";
import { ModelFindings } from "./findings.ts";
import { type Part, renderModel } from "./render-model.ts";
import { sourceOf } from "./source-map.ts";

/** A model's text for the engine, checked also where the engine gets it as it is written. Throws `ModelFindings`. */
export function compiledText(model: Model, project: Project, target: Target, part?: Part): Rewritten {
  const rendered = renderModel(model, project, target, part);
  const checkedText =
    target.engine === "duckdb"
      ? rendered
      : renderModel(model, project, { ...target, engine: "duckdb" }, part);
  const rewritten = rewriteModel(model, project, checkedText, target);
  const sql = target.engine === "duckdb" ? rewritten.sql : rendered.text.trim().replace(/;\s*$/, "");
  return { ...rewritten, sql };
}

export function rewriteModel(
  model: Model,
  project: Project,
  rendered: Rendered,
  target: Target,
  isModel = true,
): Rewritten {
  try {
    const [table, hasRowIds] = [modelTable(target), isRawTable(target)];
    return rewrite(rendered.text, { model: isModel, parameters: false, table, hasRowIds });
  } catch (error) {
    if (!(error instanceof SqlProblem)) throw error;
    const { file, offset } = sourceOf(rendered, error.offset ?? 0);
    const source =
      [model, ...project.models.values()].find((candidate) => candidate.file.name === file)?.file ??
      model.file;
    throw new ModelFindings([findingOf(source, offset, error)]);
  }
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
