import { nearest } from "@lifecycle/contracts";
import { isMap, LineCounter, parseDocument } from "yaml";
import type { z } from "zod";
import { type Finding, findingAt, type Place, placeOf, type SourceFile } from "./places.ts";
import type { ModelConfig, ModelProperties, ModelTest, SourceColumn } from "./types.ts";
import {
  configKeys,
  type TestName,
  TestOptions,
  testArguments,
  YamlFile,
  type YamlModel,
} from "./yaml-schemas.ts";

export interface SchemaFile {
  models: Map<string, ModelProperties>;
  /** Declared tables by source. */
  sources: Map<string, Set<string>>;
  /** Columns of those tables that say them. */
  sourceColumns: Map<string, readonly SourceColumn[]>;
  findings: Finding[];
}

type Path = readonly PropertyKey[];

/** A YAML file with the place of each of its parts. */
class Located {
  readonly file: SourceFile;
  readonly value: unknown;
  readonly findings: Finding[] = [];
  private readonly document: ReturnType<typeof parseDocument>;

  constructor(file: SourceFile) {
    this.file = file;
    this.document = parseDocument(file.text, { lineCounter: new LineCounter() });
    for (const error of this.document.errors) {
      this.findings.push(findingAt(file, error.pos[0], `YAML: ${error.message.split("\n", 1)[0]}`));
    }
    this.value = this.findings.length === 0 ? (this.document.toJS() as unknown) : undefined;
  }

  /** The offset of the innermost part of `path` that exists; of its key when it has one. */
  offset(path: Path): number {
    for (let length = path.length; length > 0; length--) {
      const parent = this.document.getIn(path.slice(0, length - 1) as unknown[], true);
      const last = path[length - 1];
      const key = isMap(parent)
        ? parent.items.find((pair) => String(pair.key) === String(last))?.key
        : undefined;
      const node = key ?? this.document.getIn(path.slice(0, length) as unknown[], true);
      const range = (node as { range?: [number, number, number] } | undefined)?.range;
      if (range) return range[0];
    }
    return 0;
  }

  place(path: Path): Place {
    return placeOf(this.file, this.offset(path));
  }

  find(path: Path, message: string, hint?: string): void {
    this.findings.push(findingAt(this.file, this.offset(path), message, hint));
  }
}

/** Reads one dbt schema file. Whatever is wrong in it is a finding, never thrown. */
export function readSchemaFile(file: SourceFile): SchemaFile {
  const yaml = new Located(file);
  const models = new Map<string, ModelProperties>();
  const sources = new Map<string, Set<string>>();
  const sourceColumns = new Map<string, readonly SourceColumn[]>();
  const read = { models, sources, sourceColumns, findings: yaml.findings };
  if (yaml.value === undefined || yaml.value === null) return read;
  const parsed = YamlFile.safeParse(yaml.value);
  if (!parsed.success) {
    addIssues(yaml, parsed.error, []);
    return read;
  }
  for (const list of ["models", "snapshots"] as const) {
    parsed.data[list]?.forEach((model, index) => {
      if (models.has(model.name)) yaml.find([list, index, "name"], `model ${model.name} is described twice`);
      models.set(model.name, propertiesOf(yaml, model, [list, index]));
    });
  }
  for (const source of parsed.data.sources ?? []) {
    sources.set(source.name, new Set(source.tables?.map((table) => table.name)));
    for (const { name, columns } of source.tables ?? [])
      if (columns !== undefined)
        sourceColumns.set(
          name,
          columns.map((column) => ({ name: column.name, type: column.data_type })),
        );
  }
  return read;
}

function addIssues(yaml: Located, error: z.ZodError, base: Path): void {
  for (const issue of error.issues) {
    const path = [...base, ...issue.path];
    if (issue.code !== "unrecognized_keys") {
      yaml.find(path, `${path.map(String).join(".")}: ${issue.message}`);
      continue;
    }
    for (const key of issue.keys) {
      const near = nearest(key, path.at(-1) === "config" ? configKeys : knownKeys);
      const what = path.at(-1) === "config" ? "unknown config key" : "unknown key";
      yaml.find([...path, key], `${what} ${key}`, near === undefined ? undefined : `Did you mean ${near}?`);
    }
  }
}

const knownKeys = [
  "name",
  "description",
  "config",
  "columns",
  "data_tests",
  "data_type",
  "models",
  "sources",
  "version",
  "values",
  "min_value",
  "max_value",
  "to",
  "field",
  "severity",
  "where",
  "combination_of_columns",
  "expression",
];

function propertiesOf(yaml: Located, model: YamlModel, path: Path): ModelProperties {
  const columns = (model.columns ?? []).map((column, index) => ({
    name: column.name,
    type: column.data_type,
    description: column.description,
    pii: column.meta?.pii === true,
    place: yaml.place([...path, "columns", index, "name"]),
  }));
  const tests: ModelTest[] = [];
  const collect = (given: readonly unknown[] | undefined, at: Path, column: string | undefined) =>
    given?.forEach((test, index) => {
      const read = readTest(yaml, test, [...at, index], column);
      if (read) tests.push(read);
    });
  model.columns?.forEach((column, index) => {
    for (const key of ["data_tests", "tests"] as const)
      collect(column[key], [...path, "columns", index, key], column.name);
  });
  for (const key of ["data_tests", "tests"] as const) collect(model[key], [...path, key], undefined);
  return {
    description: model.description,
    config: configOf(model),
    columns,
    tests,
    place: yaml.place([...path, "name"]),
  };
}

function configOf(model: YamlModel): ModelConfig {
  const config = { ...model.config } as ModelConfig;
  if (typeof config.tags === "string") config.tags = [config.tags];
  if (model.meta !== undefined)
    config.meta = { ...model.meta, ...config.meta } as NonNullable<ModelConfig["meta"]>;
  return config;
}

/** `not_null`, or `accepted_values: {values: […]}`. */
function readTest(
  yaml: Located,
  given: unknown,
  path: Path,
  column: string | undefined,
): ModelTest | undefined {
  const name = typeof given === "string" ? given : Object.keys(given as object)[0]!;
  const body = typeof given === "string" ? {} : ((given as Record<string, unknown>)[name] ?? {});
  const bare = name.replace(/^dbt_utils\./, "");
  if (!Object.hasOwn(testArguments, bare)) {
    const near = nearest(bare, Object.keys(testArguments));
    yaml.find(
      [...path, name],
      `unknown test ${name}`,
      near === undefined ? `Known tests: ${Object.keys(testArguments).join(", ")}.` : `Did you mean ${near}?`,
    );
    return undefined;
  }
  const options = TestOptions.safeParse(body);
  if (!options.success) {
    addIssues(yaml, options.error, [...path, name]);
    return undefined;
  }
  const { config, arguments: nested, name: _name, description: _description, ...beside } = options.data;
  const parsed = testArguments[bare as TestName].safeParse({ ...beside, ...nested });
  if (!parsed.success) {
    addIssues(yaml, parsed.error, [...path, name, ...(nested ? ["arguments"] : [])]);
    return undefined;
  }
  const common = {
    severity: config?.severity?.toLowerCase() === "warn" ? ("warn" as const) : ("error" as const),
    where: config?.where,
    place: yaml.place([...path, name]),
  };
  return makeTest(yaml, bare as TestName, parsed.data, common, column, path);
}

function makeTest(
  yaml: Located,
  name: TestName,
  args: Record<string, unknown>,
  common: { severity: "error" | "warn"; where: string | undefined; place: Place },
  column: string | undefined,
  path: Path,
): ModelTest | undefined {
  const ofTable = name === "unique_combination_of_columns" || name === "expression_is_true";
  if (!ofTable && column === undefined) {
    yaml.find(path, `${name} is a test of a column`, "Put it under the column.");
    return undefined;
  }
  const on = column ?? "";
  switch (name) {
    case "not_null":
    case "unique":
      return { kind: name, column: on, ...common };
    case "accepted_values":
      return { kind: name, column: on, values: args.values as (string | number | boolean)[], ...common };
    case "accepted_range":
      return {
        kind: name,
        column: on,
        min: args.min_value as number | undefined,
        max: args.max_value as number | undefined,
        ...common,
      };
    case "relationships":
      return {
        kind: name,
        column: on,
        to: /['"](\w+)['"]/.exec(String(args.to))![1]!,
        field: String(args.field),
        ...common,
      };
    case "unique_combination_of_columns":
      return { kind: name, columns: args.combination_of_columns as string[], ...common };
    case "expression_is_true":
      return { kind: name, expression: String(args.expression), ...common };
  }
}
