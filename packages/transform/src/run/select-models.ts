import { InputError } from "@lifecycle/contracts";
import type { CompiledModel, CompiledProject } from "../compiled.ts";
import { nearest } from "../nearest.ts";

/**
 * Names of the models a selector means, in building order. Words are added up: `name`, `+name` (with all it needs), `name+`
 * (with all that need it), `+name+`, `tag:daily` (with the same plus signs), `all`. Throws `InputError transform.selector`
 * for a name or tag that no model has.
 */
export function selectModels(compiled: CompiledProject, selector: string): string[] {
  const chosen = new Set<string>();
  for (const word of selector.split(/[\s,]+/).filter((part) => part !== "")) {
    for (const name of meant(compiled, word)) chosen.add(name);
  }
  return compiled.models.filter((model) => chosen.has(model.name)).map((model) => model.name);
}

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

function meant(compiled: CompiledProject, word: string): Set<string> {
  if (word === "all" || word === "*") return new Set(compiled.models.map((model) => model.name));
  const match = /^(\+?)(tag:)?([\w-]+)(\+?)$/.exec(word);
  if (!match)
    throw new InputError("transform.selector", `${word} is no selector: write name, +name, name+ or tag:x`);
  const [, up, tag, name = "", down] = match;
  const start = tag ? withTag(compiled, name) : [known(compiled, name)];
  const result = new Set(start);
  if (up) for (const other of closure(start, parentsOf(compiled))) result.add(other);
  if (down) for (const other of closure(start, childrenOf(compiled))) result.add(other);
  return result;
}

function known(compiled: CompiledProject, name: string): string {
  const names = compiled.models.map((model) => model.name);
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
  return new Map(compiled.models.map((model) => [model.name, model.dependsOn]));
}

function childrenOf(compiled: CompiledProject): Neighbours {
  const children = new Map<string, string[]>(compiled.models.map((model) => [model.name, []]));
  for (const model of compiled.models)
    for (const parent of model.dependsOn) children.get(parent)?.push(model.name);
  return children;
}

function closure(start: readonly string[], neighbours: Neighbours): Set<string> {
  const reached = new Set(start);
  const queue: CompiledModel["name"][] = [...start];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    for (const next of neighbours.get(name) ?? []) {
      if (reached.has(next)) continue;
      reached.add(next);
      queue.push(next);
    }
  }
  return reached;
}
