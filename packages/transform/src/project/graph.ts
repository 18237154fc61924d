import { nearest } from "@lifecycle/contracts";
import { type Finding, findingAt, type SourceFile } from "./places.ts";
import type { Model } from "./types.ts";

/** Unknown refs and sources, refs to disabled models, cycles. */
export function graphFindings(
  models: ReadonlyMap<string, Model>,
  sources: ReadonlyMap<string, Set<string>>,
): Finding[] {
  const findings = referenceFindings(models, models, sources);
  const cycle = findCycle(models);
  if (cycle) {
    const first = models.get(cycle[0]!)!;
    findings.push(
      at(
        first.file,
        cycle[1]!,
        `models refer to each other in a circle: ${cycle.join(" → ")}`,
        "None of them can be built first. Move what two of them share into a model that both read.",
      ),
    );
  }
  return findings;
}

/** Unknown refs and sources and refs to disabled models, of models or of checks. */
export function referenceFindings(
  readers: ReadonlyMap<string, Model>,
  models: ReadonlyMap<string, Model>,
  sources: ReadonlyMap<string, Set<string>>,
): Finding[] {
  const findings: Finding[] = [];
  for (const model of readers.values()) {
    if (model.config.enabled === false) continue;
    for (const ref of model.refs) {
      const target = models.get(ref);
      if (target?.config.enabled === false) findings.push(at(model.file, ref, `model ${ref} is disabled`));
      else if (target === undefined) {
        const near = nearest(ref, models.keys());
        const hint = near === undefined ? undefined : `Did you mean ${near}?`;
        findings.push(missing(model, ref, hint));
      }
    }
    for (const { source, table } of model.sources) {
      const tables = sources.get(source);
      if (tables?.has(table)) continue;
      const near = nearest(tables === undefined ? source : table, tables ?? sources.keys());
      const what =
        tables === undefined ? `there is no source ${source}` : `source ${source} has no table ${table}`;
      findings.push(
        at(
          model.file,
          tables === undefined ? source : table,
          what,
          near === undefined
            ? "Declare it with its columns under sources in sql/raw/sources.yml, or in a YAML file of an overlay (sql/README.md, “Add a pipeline of files”)."
            : `Did you mean ${near}?`,
        ),
      );
    }
  }
  return findings;
}

/** Where the model's text refers to it, or the test of its YAML that does. */
function missing(model: Model, ref: string, hint: string | undefined): Finding {
  const message = `there is no model ${ref}`;
  if (model.inputs.includes(ref)) return at(model.file, ref, message, hint);
  const test = model.properties?.tests.find((one) => one.kind === "relationships" && one.to === ref);
  return test === undefined ? at(model.file, ref, message, hint) : { place: test.place, message, hint };
}

/** At the place where the word stands in the file: as `ref('word')`, else anywhere. */
function at(file: SourceFile, word: string, message: string, hint?: string): Finding {
  const quoted = file.text.search(new RegExp(`['"]${word}['"]`));
  return findingAt(file, Math.max(0, quoted), message, hint);
}

function findCycle(models: ReadonlyMap<string, Model>): string[] | undefined {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): string[] | undefined => {
    const known = path.indexOf(name);
    if (known >= 0) return [...path.slice(known), name];
    if (done.has(name)) return undefined;
    path.push(name);
    for (const ref of models.get(name)?.refs ?? []) {
      const cycle = visit(ref);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(name);
    return undefined;
  };
  for (const name of models.keys()) {
    const cycle = visit(name);
    if (cycle) return cycle;
  }
  return undefined;
}

/** Names so that each comes after those it needs; equals by name, so that two runs do the same. */
export function topological<T extends { name: string; dependsOn: readonly string[] }>(
  items: readonly T[],
): T[] {
  const byName = new Map(items.map((item) => [item.name, item]));
  const ordered: T[] = [];
  const done = new Set<string>();
  const visit = (item: T): void => {
    if (done.has(item.name)) return;
    done.add(item.name);
    for (const name of [...item.dependsOn].sort()) {
      const other = byName.get(name);
      if (other) visit(other);
    }
    ordered.push(item);
  };
  for (const item of [...items].sort((a, b) => (a.name < b.name ? -1 : 1))) visit(item);
  return ordered;
}
