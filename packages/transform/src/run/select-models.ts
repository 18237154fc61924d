import { InputError, nearest } from "@lifecycle/contracts";
import type { CompiledProject } from "../compiled.ts";

/**
 * Names of the models a selector means, in building order, in dbt's words. Words between spaces are added up, words joined by a comma must
 * all hold: `name`, `stg_*`, `tag:daily`, `changed` (dbt's `state:modified`), `all`; each with `+` before it (and all it needs) or
 * behind it (and all that need it), `2+name` and `name+1` so many steps far. `changed` is what `changedModels` found, asked for when the selector says the word. Throws
 * `InputError transform.selector` for a name or tag that no model has.
 */
export function selectModels(
  compiled: CompiledProject,
  selector: string,
  changed?: ReadonlyMap<string, string>,
): string[] {
  const chosen = new Set<string>();
  for (const word of selector.split(/\s+/).filter((part) => part !== "")) {
    const parts = word.split(",").filter((part) => part !== "");
    const sets = parts.map((part) => meant(compiled, part, changed));
    for (const name of sets[0] ?? []) if (sets.every((set) => set.has(name))) chosen.add(name);
  }
  return compiled.models.filter((model) => chosen.has(model.name)).map((model) => model.name);
}

/** Whether a selector needs to know what changed. */
export function asksForChanged(selector: string): boolean {
  return selector.split(/[\s,]+/).some((word) => CHANGED.test(word));
}

const CHANGED = /^(\d*\+)?(changed|state:modified)(\+\d*)?$/;

/** Models that read any of those raw tables, directly or through others, in building order. */
export function downstreamOf(compiled: CompiledProject, sourceTables: Iterable<string>): string[] {
  const tables = new Set(sourceTables);
  const direct = compiled.models.filter((model) => model.sources.some((table) => tables.has(table)));
  const reached = closure(
    direct.map((model) => model.name),
    childrenOf(compiled),
  );
  return compiled.models.filter((model) => reached.has(model.name)).map((model) => model.name);
}

/** Every raw table that some model reads: those that must exist, empty or not, before a build. */
export function sourceTables(compiled: CompiledProject): string[] {
  return [...new Set(compiled.models.flatMap((model) => model.sources))].sort();
}

function meant(
  compiled: CompiledProject,
  word: string,
  changed: ReadonlyMap<string, string> | undefined,
): Set<string> {
  const match = /^(\d*\+)?(tag:|state:)?([\w*-]+?)(\+\d*)?$/.exec(word);
  if (!match)
    throw new InputError(
      "transform.selector",
      `${word} is no selector: write name, +name, name+, 2+name, name+1, stg_*, tag:x, changed or all`,
    );
  const [, up, method, name = "", down] = match;
  const start = CHANGED.test(word) ? changedNames(changed) : named(compiled, method, name);
  const result = new Set(start);
  if (up) for (const other of closure(start, parentsOf(compiled), steps(up))) result.add(other);
  if (down) for (const other of closure(start, childrenOf(compiled), steps(down))) result.add(other);
  return result;
}

function changedNames(changed: ReadonlyMap<string, string> | undefined): string[] {
  if (changed) return [...changed.keys()];
  throw new InputError("transform.selector", "changed means something only beside a warehouse");
}

function named(compiled: CompiledProject, method: string | undefined, name: string): string[] {
  if (method === "tag:") return withTag(compiled, name);
  if (method !== undefined)
    throw new InputError("transform.selector", `${method}${name} is no selector: write changed`);
  const names = compiled.models.map((model) => model.name);
  if (name === "all" || name === "*") return names;
  return name.includes("*") ? alike(names, name) : [known(names, name)];
}

function alike(names: readonly string[], pattern: string): string[] {
  const shape = new RegExp(`^${pattern.replaceAll("*", ".*")}$`);
  const found = names.filter((name) => shape.test(name));
  if (found.length > 0) return found;
  throw new InputError("transform.selector", `no model is called ${pattern}`);
}

function known(names: readonly string[], name: string): string {
  if (names.includes(name)) return name;
  const near = nearest(name, names);
  throw new InputError(
    "transform.selector",
    `there is no model ${name}${near === undefined ? "" : `: did you mean ${near}?`}`,
  );
}

function withTag(compiled: CompiledProject, tag: string): string[] {
  const tagged = compiled.models.filter((model) => model.tags.includes(tag)).map((model) => model.name);
  if (tagged.length > 0) return tagged;
  const near = nearest(
    tag,
    compiled.models.flatMap((model) => model.tags),
  );
  throw new InputError(
    "transform.selector",
    `no model has the tag ${tag}${near === undefined ? "" : `: did you mean ${near}?`}`,
  );
}

type Neighbours = ReadonlyMap<string, readonly string[]>;

function parentsOf(compiled: CompiledProject): Neighbours {
  return new Map(compiled.models.map((model) => [model.name, [...model.dependsOn, ...model.inlines]]));
}

function childrenOf(compiled: CompiledProject): Neighbours {
  const children = new Map<string, string[]>(compiled.models.map((model) => [model.name, []]));
  for (const model of compiled.models)
    for (const parent of [...model.dependsOn, ...model.inlines]) children.get(parent)?.push(model.name);
  return children;
}

/** How far `2+` or `+1` goes; `+` alone goes all the way. */
function steps(plus: string): number {
  return plus === "+" ? Number.POSITIVE_INFINITY : Number(plus.replace("+", ""));
}

function closure(
  start: readonly string[],
  neighbours: Neighbours,
  far = Number.POSITIVE_INFINITY,
): Set<string> {
  const reached = new Set(start);
  let edge = [...start];
  for (let step = 0; step < far && edge.length > 0; step++) {
    edge = edge.flatMap((name) => neighbours.get(name) ?? []).filter((name) => !reached.has(name));
    for (const name of edge) reached.add(name);
  }
  return reached;
}
