import { nearest } from "@lifecycle/contracts";
import type { Value } from "../jinja/nodes.ts";
import { JinjaProblem } from "../jinja/problem.ts";
import type { HostFunction } from "../jinja/render.ts";
import type { Engine, ModelConfig } from "./types.ts";
import { Config, configKeys } from "./yaml-schemas.ts";

/** Where models and sources lie for one engine. */
export interface Target {
  engine: Engine;
  /** `<ds>`: raw tables are in `<ds>_raw`, models in `<ds>_build`. */
  dataset: string;
  /** BigQuery's project; absent, the client's own. */
  project?: string | undefined;
  /** Days that a partitioned model keeps which does not say so itself. */
  retentionDays?: number | undefined;
}

/** What a template asked for while rendering. */
export interface Asked {
  /** Whether it asked `is_incremental()`. */
  incremental?: boolean;
  refs: Set<string>;
  sources: Map<string, { source: string; table: string }>;
  config: ModelConfig;
}

/** `` `project.dataset.table` ``: how BigQuery's text names a table. */
export function relationText(target: Target, schema: string, table: string): string {
  return `\`${[target.project, schema, table].filter((part) => part !== undefined).join(".")}\``;
}

/** How a rendering names what a model reads, and whether it is the one that adds to an existing table. */
export interface Naming {
  ref: (name: string) => string;
  source?: (table: string) => string;
  isIncremental?: boolean;
}

/** The functions a model may call in its Jinja. */
export function hostFunctions(
  target: Target,
  vars: Readonly<Record<string, Value>>,
  asked: Asked,
  naming: Naming,
): Record<string, HostFunction> {
  return {
    ref: (args, named, offset) => {
      const [name] = oneName("ref", args, named, offset, 1);
      asked.refs.add(name!);
      return naming.ref(name!);
    },
    source: (args, named, offset) => {
      const [source, table] = oneName("source", args, named, offset, 2);
      asked.sources.set(`${source}.${table}`, { source: source!, table: table! });
      return naming.source?.(table!) ?? relationText(target, `${target.dataset}_raw`, table!);
    },
    var: (args, _named, offset) => {
      const [name, otherwise] = args;
      if (typeof name !== "string") throw new JinjaProblem("var needs a name in quotes", offset);
      if (Object.hasOwn(vars, name)) return vars[name]!;
      if (otherwise !== undefined) return otherwise;
      const near = nearest(name, Object.keys(vars));
      throw new JinjaProblem(
        `var ${name} is not set`,
        offset,
        near === undefined
          ? "Set it under vars in dbt_project.yml or the overlay's."
          : `Did you mean ${near}?`,
      );
    },
    config: (args, named, offset) => {
      if (args.length > 0) throw new JinjaProblem("config takes names: config(materialized='table')", offset);
      Object.assign(asked.config, checkedConfig(named, offset));
      return "";
    },
    is_incremental: () => {
      asked.incremental = true;
      return naming.isIncremental ?? false;
    },
  };
}

function oneName(
  what: string,
  args: Value[],
  named: Record<string, Value>,
  offset: number,
  count: number,
): string[] {
  if (
    args.length !== count ||
    Object.keys(named).length > 0 ||
    args.some((arg) => typeof arg !== "string" || !/^\w+$/.test(arg))
  ) {
    throw new JinjaProblem(`${what} takes ${count === 1 ? "one name" : "two names"} in quotes`, offset);
  }
  return args as string[];
}

function checkedConfig(named: Record<string, Value>, offset: number): ModelConfig {
  const parsed = Config.safeParse(named);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    if (issue?.code === "unrecognized_keys") {
      const key = issue.keys[0]!;
      const near = nearest(key, configKeys);
      throw new JinjaProblem(
        `unknown config key ${key}`,
        offset,
        near === undefined ? `Known: ${configKeys.join(", ")}.` : `Did you mean ${near}?`,
      );
    }
    throw new JinjaProblem(`config ${issue?.path.join(".")}: ${issue?.message}`, offset);
  }
  const config = parsed.data as ModelConfig;
  return typeof config.tags === "string" ? { ...config, tags: [config.tags] } : config;
}

/** Values that templates may read. */
export function hostValues(target: Target, model: string): Record<string, Value> {
  return {
    target: {
      name: target.engine,
      type: target.engine,
      dataset: target.dataset,
      schema: target.dataset,
      project: target.project ?? "",
      database: target.project ?? "",
    },
    this: relationText(target, `${target.dataset}_build`, model),
    model: { name: model },
  };
}
