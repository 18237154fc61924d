import type { Rendered } from "../jinja/render.ts";
import { renderTemplate } from "../jinja/render.ts";
import { hostFunctions, hostValues, relationText, type Target } from "../project/host-functions.ts";
import type { Project } from "../project/load-project.ts";
import type { Model } from "../project/types.ts";
import { blankLiterals } from "../sql/polyglot.ts";
import { concat, insertAt } from "./source-map.ts";

/** How dbt names an ephemeral model inside those that refer to it. */
const cteName = (model: string): string => `__dbt__cte__${model}`;

/** How a rendering that builds part of a model names an input of which it reads only part; the runner puts a select there. */
export const partName = (input: string): string => `${PART_PREFIX}${input}`;

export const PART_PREFIX = "__part__";

/** Builds part of a table: `inputs` are read in part only, and `is_incremental()` is true. */
export interface Part {
  inputs: ReadonlySet<string>;
}

/** A model's SQL for an engine, ephemeral models it needs (themselves needing others) put in front as CTEs. */
export function renderModel(model: Model, project: Project, target: Target, part?: Part): Rendered {
  const own = renderOwn(model, project, target, part);
  const needed = ephemeralNeeds(model, project);
  if (needed.length === 0) return own;
  const ctes = needed.flatMap((name, index) => {
    const inner = project.models.get(name)!;
    return [
      `${index === 0 ? "" : ",\n"}${cteName(name)} AS (\n`,
      renderOwn(inner, project, target, part),
      "\n)",
    ];
  });
  const head = /^\s*WITH\s+(RECURSIVE\s+)?/i.exec(blankLiterals(own.text));
  return head
    ? insertAt(own, head[0].length, concat([...ctes, ",\n"], model.file.name))
    : insertAt(own, blankLiterals(own.text).search(/\S/), concat(["WITH ", ...ctes, "\n"], model.file.name));
}

function renderOwn(model: Model, project: Project, target: Target, part: Part | undefined): Rendered {
  const asked = { refs: new Set<string>(), sources: new Map(), config: {} };
  const inPart = (name: string) => relationText(target, `${target.dataset}_build`, partName(name));
  const rendered = renderTemplate(model.template, {
    file: model.file.name,
    functions: hostFunctions(target, project.vars, asked, {
      isIncremental: part !== undefined,
      ref: (name) => {
        if (project.models.get(name)?.config.materialized === "ephemeral") return cteName(name);
        if (part?.inputs.has(name)) return inPart(name);
        return relationText(target, `${target.dataset}_build`, name);
      },
      source: (table) =>
        part?.inputs.has(table) ? inPart(table) : relationText(target, `${target.dataset}_raw`, table),
    }),
    values: hostValues(target, model.name),
    macros: project.macros,
  });
  return rendered;
}

/** Ephemeral models that `model` reads, each after those it needs. */
export function ephemeralNeeds(model: Model, project: Project): string[] {
  const needed: string[] = [];
  const visit = (current: Model): void => {
    for (const ref of current.refs) {
      const other = project.models.get(ref);
      if (other?.config.materialized !== "ephemeral" || needed.includes(ref)) continue;
      visit(other);
      needed.push(ref);
    }
  };
  visit(model);
  return needed;
}
