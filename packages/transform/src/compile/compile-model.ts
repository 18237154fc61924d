import { createHash } from "node:crypto";
import { type Column, ColumnType, nearest } from "@lifecycle/contracts";
import type { CompiledColumn, CompiledModel, CompiledPart, CompiledTest } from "../compiled.ts";
import type { Rendered } from "../jinja/render.ts";
import { relationText, type Target } from "../project/host-functions.ts";
import type { Project } from "../project/load-project.ts";
import { type Finding, findingAt, type SourceFile } from "../project/places.ts";
import type { Materialisation, Model } from "../project/types.ts";
import { SqlProblem } from "../sql/problem.ts";
import { type Rewritten, rewrite } from "../sql/rewrite.ts";
import { ident } from "../sql/text.ts";
import {
  billingCap,
  compiledGates,
  compiledPart,
  compiledSnapshot,
  keepDays,
  type PartContext,
  partOf,
} from "./compile-part.ts";
import { ModelFindings } from "./findings.ts";
import { ephemeralNeeds, type Part, renderModel } from "./render-model.ts";
import { sourceOf } from "./source-map.ts";
import { sampleText, testTexts } from "./test-sql.ts";

/** What the warehouse adds to the columns of a snapshot's select. */
const snapshotColumns = ["effective_from", "effective_to", "is_current", "record_hash"];

/** One model for one engine. Throws `ModelFindings`. */
export function compileModel(model: Model, project: Project, target: Target): CompiledModel {
  const text = compiledText(model, project, target);
  const materialized = materialisationOf(model);
  const snapshot = materialized === "snapshot" ? compiledSnapshot(model) : null;
  const own = text.columns as string[];
  const columns = declaredColumns(model, snapshot ? [...own, ...snapshotColumns] : own);
  const ephemeral = ephemeralNeeds(model, project).map((name) => project.models.get(name)!);
  const readers = [model, ...ephemeral];
  const isTested = materialized !== "ephemeral";
  const tests = isTested ? compiledTests(model, target) : [];
  const namesOf = (names: readonly string[]) =>
    [...new Set(names)]
      .filter((name) => project.models.get(name)?.config.materialized !== "ephemeral")
      .sort();
  const compiled: Omit<CompiledModel, "hash" | "buildHash"> = {
    name: model.name,
    file: model.file.name,
    sql: text.sql,
    columns,
    contract: contractOf(columns.slice(0, own.length), model),
    materialized,
    dependsOn: namesOf(readers.flatMap((reader) => reader.refs)),
    inlines: ephemeral.map(({ name }) => name).sort(),
    inputs: namesOf(readers.flatMap((reader) => reader.inputs)),
    testInputs: namesOf(model.refs.filter((name) => !model.inputs.includes(name))),
    sources: [...new Set(readers.flatMap((reader) => reader.sources.map(({ table }) => table)))].sort(),
    published: isPublished(model),
    tags: model.config.tags ?? [],
    description: model.properties?.description ?? null,
    meta: { ...model.config.meta },
    grants: grantsOf(model),
    partitionBy: partitionColumn(model),
    keepDays: keepDays(model, target),
    clusterBy: listOf(model.config.cluster_by),
    tests,
    relation: relationOf(model.name, target),
    part: part({ model, readers, project, target, columns: own }),
    snapshot,
    isVolatile: /\bcurrent_(date|datetime|time|timestamp)\b|\bgenerate_uuid\b/i.test(text.sql),
    gates: compiledGates(model),
    maxBytesBilled: billingCap(model),
    sampleSql: isTested ? sampleSql(model, target, columns) : null,
  };
  const { sql, contract, partitionBy, clusterBy, gates, relation } = compiled;
  const decisive = {
    sql,
    contract,
    materialized,
    partitionBy,
    clusterBy,
    snapshot,
    relation,
    part: compiled.part,
    ...(compiled.keepDays === null ? {} : { keepDays: compiled.keepDays }),
  };
  const buildHash = sha256(decisive);
  return { ...compiled, buildHash, hash: sha256({ buildHash, tests, gates }) };
}

const isPublished = (model: Model) => model.config.meta?.published === true;

/**
 * A published model is a table unless it says how else its rows are kept. A view has none: between its tests and its publishing
 * another load may change what it shows, and readers would see rows that no test saw.
 */
function materialisationOf(model: Model): Materialisation {
  const { materialized = isPublished(model) ? "table" : "view" } = model.config;
  if (isPublished(model) && materialized === "view")
    throw new ModelFindings([
      findingAt(
        model.file,
        0,
        `${model.name} is published, but a view keeps no rows: what is published would not be what was tested`,
        "Write materialized='table', or leave it out.",
      ),
    ]);
  return materialized;
}

/** A check of `sql/checks/`, asked of the last of the models it reads. Throws `ModelFindings`. */
export function addCheck(
  model: CompiledModel,
  check: Model,
  project: Project,
  target: Target,
): CompiledModel {
  const rendered = renderModel(check, project, target);
  const asked = { ...rendered, text: rendered.text.trim().replace(/;\s*$/, "") };
  const text = rewriteModel(check, project, asked, target, false);
  const sql = target.engine === "duckdb" ? text.sql : asked.text;
  const severity = check.config.severity === "warn" ? "warn" : "error";
  const test: CompiledTest = {
    sql: `SELECT COUNT(*) AS t0 FROM (\n${sql}\n) AS failing`,
    checks: [{ name: check.name, severity, sample: { kind: "query", sql } }],
    prunable: false,
  };
  const read = check.refs.filter((name) => name !== model.name && !model.inputs.includes(name));
  const tests = [...model.tests, test];
  return {
    ...model,
    tests,
    testInputs: [...new Set([...model.testInputs, ...read])].sort(),
    hash: sha256({ buildHash: model.buildHash, tests, gates: model.gates }),
  };
}

const sha256 = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex");

function compiledText(model: Model, project: Project, target: Target, part?: Part): Rewritten {
  const rendered = renderModel(model, project, target, part);
  const checkedText =
    target.engine === "duckdb"
      ? rendered
      : renderModel(model, project, { ...target, engine: "duckdb" }, part);
  const rewritten = rewriteModel(model, project, checkedText, target);
  const sql = target.engine === "duckdb" ? rewritten.sql : rendered.text.trim().replace(/;\s*$/, "");
  return { ...rewritten, sql };
}

/** Null for a model of which only the whole is built: nobody said what a part of it is made from. */
function part(context: PartContext): CompiledPart | null {
  const { model, project, target } = context;
  const chosen = model.config.materialized === "incremental" ? partOf(model) : undefined;
  return chosen ? compiledPart(context, compiledText(model, project, target, chosen).sql) : null;
}

function relationOf(name: string, target: Target): string {
  return target.engine === "duckdb"
    ? `${ident(`${target.dataset}_build`)}.${ident(name)}`
    : relationText(target, `${target.dataset}_build`, name);
}

function rewriteModel(
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
function modelTable(target: Target): (parts: readonly string[]) => string {
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

/** Declared columns must be those of the final select; a published model declares all of them. */
function declaredColumns(model: Model, names: readonly string[]): CompiledColumn[] {
  const declared = model.properties?.columns ?? [];
  const findings: Finding[] = [];
  const missing = (name: string) => !names.some((own) => own.toLowerCase() === name.toLowerCase());
  for (const column of declared) {
    if (missing(column.name)) findings.push({ place: column.place, ...noColumn(model, column.name, names) });
  }
  for (const test of model.properties?.tests ?? []) {
    if (test.kind !== "unique_combination_of_columns") continue;
    for (const name of test.columns)
      if (missing(name)) findings.push({ place: test.place, ...noColumn(model, name, names) });
  }
  if (findings.length > 0) throw new ModelFindings(findings);
  const columns = names.map((name) => {
    const found = declared.find((column) => column.name.toLowerCase() === name.toLowerCase());
    return {
      name,
      type: found?.type ?? null,
      description: found?.description ?? null,
      ...(found?.pii ? { pii: true } : {}),
    };
  });
  const bare = columns.find((column) => column.type === null);
  if (isPublished(model) && bare) {
    throw new ModelFindings([
      findingAt(
        model.file,
        0,
        `${model.name} is published, but its column ${bare.name} has no data_type in a YAML file`,
        "Published tables state every column.",
      ),
    ]);
  }
  return columns;
}

function noColumn(model: Model, name: string, names: readonly string[]): { message: string; hint: string } {
  const near = nearest(name, names);
  return {
    message: `model ${model.name} has no column ${name}`,
    hint: near === undefined ? `It has ${names.join(", ")}.` : `Did you mean ${near}?`,
  };
}

const aliases: Readonly<Record<string, string>> = {
  BOOLEAN: "BOOL",
  INTEGER: "INT64",
  INT: "INT64",
  BIGINT: "INT64",
  DECIMAL: "NUMERIC",
  FLOAT: "FLOAT64",
};

function contractOf(columns: readonly CompiledColumn[], model: Model): Column[] | null {
  const contract: Column[] = [];
  for (const column of columns) {
    if (column.type === null || /[<(]/.test(column.type)) return null;
    const upper = column.type.toUpperCase();
    const type = ColumnType.safeParse(aliases[upper] ?? upper);
    if (!type.success) {
      const declared = model.properties?.columns.find(
        (other) => other.name.toLowerCase() === column.name.toLowerCase(),
      );
      const place = declared?.place ?? { file: model.file.name, line: 1, column: 1 };
      throw new ModelFindings([
        {
          place,
          message: `unknown data_type ${column.type} of column ${column.name}`,
          hint: `Use ${ColumnType.options.join(", ")}.`,
        },
      ]);
    }
    contract.push({ name: column.name, type: type.data });
  }
  return contract;
}

function compiledTests(model: Model, target: Target): CompiledTest[] {
  const relation = (name: string) => relationText(target, `${target.dataset}_build`, name);
  const tests = model.properties?.tests ?? [];
  const partition = partitionColumn(model);
  return testTexts(relation(model.name), tests, relation, partition).map((test) => ({
    ...test,
    sql: engineText(model, target, test.sql),
  }));
}

/** Text of a test, for the engine. */
function engineText(model: Model, target: Target, sql: string): string {
  try {
    const rewritten = rewrite(sql, { model: true, parameters: false, table: modelTable(target) });
    return target.engine === "duckdb" ? rewritten.sql : sql;
  } catch (error) {
    if (!(error instanceof SqlProblem)) throw error;
    const place = model.properties?.tests[0]?.place ?? { file: model.file.name, line: 1, column: 1 };
    throw new ModelFindings([
      { place, message: `a test of ${model.name}: ${error.message} [${error.rule}]`, hint: error.hint },
    ]);
  }
}

function sampleSql(model: Model, target: Target, columns: readonly CompiledColumn[]): string | null {
  const table = relationText(target, `${target.dataset}_build`, model.name);
  const names = columns.map(({ name }) => name);
  const sql = sampleText(table, names, model.properties?.tests ?? []);
  return sql === undefined ? null : engineText(model, target, sql);
}

/** The column of `partition_by`. */
const MEMBER =
  /^(user|group|serviceAccount|domain|principal|principalSet):\S+$|^all(Authenticated)?Users$|^project(Owners|Editors|Viewers):\S+$/;

function grantsOf(model: Model): Record<string, string[]> {
  const given = Object.entries(model.config.grants ?? {});
  const grants = given.map(([role, members]) => [role, [members].flat()] as const);
  const odd = grants.flatMap(([, members]) => members).find((member) => !MEMBER.test(member));
  if (odd !== undefined)
    throw new ModelFindings([
      findingAt(model.file, 0, `grants: ${odd} is nobody`, "Write user:…, group:… or serviceAccount:… ."),
    ]);
  return Object.fromEntries(grants);
}

function partitionColumn(model: Model): string | null {
  const given = model.config.partition_by;
  if (typeof given === "string") return given;
  if (given !== null && typeof given === "object" && !Array.isArray(given) && "field" in given)
    return String(given.field);
  return null;
}

function listOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) ? value.map(String) : [];
}
