import { didYouMean, FatalError } from "@lifecycle/contracts";
import type { Warehouse } from "@lifecycle/warehouse";
import type { CompiledModel, CompiledProject } from "../compiled.ts";
import { type Finding, findingAt, inputError, type SourceFile } from "../project/places.ts";
import type { Tree } from "../project/read-tree.ts";
import { contractOfSource, readTrees, sourceTablesOf } from "./source-tables.ts";

export interface CheckOptions {
  sqlDir: string;
  overlayDir?: string | undefined;
  /** A private warehouse that nobody else uses: `:memory:`. Its tables stay empty. */
  warehouse: Warehouse;
}

/**
 * Builds every model of a project compiled for DuckDB over empty raw tables and asks every test, so that an unknown column or a
 * type that does not fit is told before any real table is touched. A model over a raw table whose columns no YAML gives is left out,
 * with what needs it. Throws `InputError transform.check` with file, line and column of each mistake.
 */
export async function checkModels(compiled: CompiledProject, options: CheckOptions): Promise<void> {
  const { warehouse } = options;
  const trees = await readTrees(options);
  const unknown = await createSources(compiled, trees, warehouse);
  const findings: Finding[] = [];
  for (const model of compiled.models) {
    const isOpen = [...model.dependsOn, ...model.sources].some((name) => unknown.has(name));
    const found = isOpen ? [] : await checkModel(model, trees, warehouse);
    if (isOpen || found.length > 0) unknown.add(model.name);
    findings.push(...found);
  }
  if (findings.length > 0) throw inputError("transform.check", findings);
}

/** Creates the raw tables that models read and names those that cannot be. */
async function createSources(
  compiled: CompiledProject,
  trees: readonly Tree[],
  warehouse: Warehouse,
): Promise<Set<string>> {
  const declared = sourceTablesOf(trees);
  const unknown = new Set<string>();
  const contracts = [...new Set(compiled.models.flatMap((model) => model.sources))].flatMap((table) => {
    const source = declared.get(table);
    const columns = source && contractOfSource(source);
    if (columns) return [{ table, columns }];
    unknown.add(table);
    return [];
  });
  await warehouse.bootstrap(contracts);
  return unknown;
}

async function checkModel(
  model: CompiledModel,
  trees: readonly Tree[],
  warehouse: Warehouse,
): Promise<Finding[]> {
  if (model.materialized === "ephemeral") return [];
  try {
    await warehouse.materialise({
      table: model.name,
      sql: model.sql,
      ...(model.contract === null ? {} : { columns: model.contract }),
      jobId: `check__${model.name}`,
    });
  } catch (error) {
    const found = engineFinding(error, `model ${model.name}`, (word) => inModel(model, trees, word));
    return [
      found.hint === undefined ? { ...found, hint: await nearestColumn(found, model, warehouse) } : found,
    ];
  }
  const findings: Finding[] = [];
  for (const test of model.tests) {
    const names = test.checks.map(({ name }) => name).join(", ");
    await warehouse.query(test.sql, { maxRows: 1 }).catch((error: unknown) => {
      findings.push(
        engineFinding(error, `a test of ${model.name} (${names})`, (word) => inYaml(model, trees, word)),
      );
    });
  }
  return findings;
}

/** Where a word of the engine's message stands in a person's files; without a word, where to begin looking. */
type Locate = (word: string | undefined) => { file: SourceFile; offset: number } | undefined;

/** The engine's answer with the place of the first name it quotes that the author wrote. Rethrows what is no mistake in the SQL. */
function engineFinding(error: unknown, what: string, locate: Locate): Finding {
  if (!(error instanceof FatalError) || error.code !== "warehouse.sql_failed") throw error;
  const said = plainer(error.cause instanceof Error ? error.cause.message : error.message);
  const [first = "", ...rest] = said.split("\n");
  const near = rest.find((line) => /^(Candidate|Did you mean)/.test(line))?.match(/"[^"]+"/g);
  const hint = near ? `Did you mean ${near.join(", ")}?` : undefined;
  const words = [...first.matchAll(/"([^"]+)"/g)].map(([, word]) => word!).reverse();
  const call = /'(\w+)\(/.exec(first)?.[1];
  const place = [...words, call]
    .filter((word) => word !== undefined)
    .map(locate)
    .find((found) => found !== undefined);
  const at = place ?? locate(undefined);
  const message = `${what}: ${first.replace(/^[A-Za-z ]+ Error: /, "")}`;
  return at === undefined
    ? { place: { file: what, line: 1, column: 1 }, message, hint }
    : findingAt(at.file, at.offset, message, hint);
}

const NO_COLUMN = "No table it reads has a column";

/** What DuckDB says of `SELECT typo` and `SELECT typo, COUNT(*) … GROUP BY 1` is about the alias that the rewrite gave the column. */
function plainer(said: string): string {
  return said
    .replace(
      /Alias with name ("[^"]+") exists, but aliases cannot be used as part of an expression in the GROUP BY/,
      `${NO_COLUMN} $1`,
    )
    .replace(
      /Column ("[^"]+") referenced that exists in the SELECT clause - but this column cannot be referenced before it is defined/,
      `${NO_COLUMN} $1`,
    );
}

/** Of the columns that a model's inputs have, the one nearest to the one it asks for in vain. */
async function nearestColumn(
  { message }: Finding,
  { inputs, sources }: CompiledModel,
  warehouse: Warehouse,
): Promise<string | undefined> {
  const word = new RegExp(`${NO_COLUMN} "([^"]+)"`).exec(message)?.[1];
  if (word === undefined) return undefined;
  const names = [...inputs, ...sources].map((name) => `'${name}'`).join(", ");
  const { rows } = await warehouse.query(
    `SELECT DISTINCT column_name FROM information_schema.columns WHERE table_name IN (${names})`,
  );
  return (
    didYouMean(
      word,
      rows.map(([name]) => String(name)),
    ).trim() || undefined
  );
}

function inModel(model: CompiledModel, trees: readonly Tree[], word: string | undefined) {
  const file = trees.flatMap((tree) => tree.models).find(({ name }) => name === model.file);
  if (file === undefined) return undefined;
  if (word === undefined) return { file, offset: 0 };
  const offset = wordAt(withoutComments(file.text), word, 0);
  return offset < 0 ? undefined : { file, offset };
}

/** In the part of a YAML file that describes the model. */
function inYaml(model: CompiledModel, trees: readonly Tree[], word: string | undefined) {
  for (const file of trees.flatMap((tree) => tree.yaml).toReversed()) {
    const from = file.text.search(new RegExp(`^\\s*- *\\{?\\s*name: *["']?${model.name}\\b`, "m"));
    if (from < 0) continue;
    const start = wordAt(file.text, model.name, from);
    const found = word === undefined ? start : wordAt(file.text, word, start);
    if (found >= 0) return { file, offset: found };
  }
  return undefined;
}

function wordAt(text: string, word: string, from: number): number {
  const escaped = word.replace(/[^\w]/g, "\\$&");
  const found = text.slice(from).search(new RegExp(`(?<![\\w])${escaped}(?![\\w])`, "i"));
  return found < 0 ? -1 : from + found;
}

/** Comments as blanks, so that offsets stay. */
function withoutComments(text: string): string {
  return text.replace(/--[^\n]*|\/\*[\s\S]*?\*\/|\{#[\s\S]*?#\}/g, (comment) =>
    comment.replace(/[^\n]/g, " "),
  );
}
