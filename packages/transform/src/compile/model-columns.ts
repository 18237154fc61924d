import { type Column, ColumnType, nearest } from "@lifecycle/contracts";
import type { CompiledColumn } from "../compiled.ts";
import { type Finding, findingAt } from "../project/places.ts";
import type { Model } from "../project/types.ts";
import { casts, fits } from "../sql/types/coercions.ts";
import type { Shape } from "../sql/types/scope.ts";
import { typeText, type Value } from "../sql/types/sql-type.ts";
import { ModelFindings } from "./findings.ts";
import { isPublished } from "./model-config.ts";

/** Declared columns must be those of the final select; a published model declares all of them. */
export function declaredColumns(model: Model, names: readonly string[]): CompiledColumn[] {
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

/**
 * The result is cast to the contract, which must change no value unasked: only what BigQuery would read as the declared type by
 * itself may stand there. Throws `ModelFindings`.
 */
export function mustSuitContract(model: Model, contract: readonly Column[] | null, shape: Shape): void {
  const findings: Finding[] = [];
  for (const [index, { name, type }] of (contract ?? []).entries()) {
    const given = shape.isOpen ? undefined : shape.columns[index]?.value;
    if (given === undefined || fits(given, type)) continue;
    const from = typeText(given.type);
    findings.push({
      place: placeOfColumn(model, name),
      message: `column ${name} is declared ${type}, but the select of ${model.file.name} gives ${from}, which BigQuery does not read as ${type} [type.contract]`,
      hint: contractHint(given, name, type),
    });
  }
  if (findings.length > 0) throw new ModelFindings(findings);
}

function contractHint({ type, said }: Value, name: string, declared: ColumnType): string {
  if (typeof type !== "string" || !casts[type].includes(declared))
    return "Change the declared data_type, or turn the value into it in the select.";
  return `Write CAST(${said} AS ${declared}) AS ${name} in the select, or declare data_type: ${type}.`;
}

function placeOfColumn(model: Model, name: string): Finding["place"] {
  const declared = model.properties?.columns.find(
    (column) => column.name.toLowerCase() === name.toLowerCase(),
  );
  return declared?.place ?? { file: model.file.name, line: 1, column: 1 };
}

/** The declared types; null where one is missing or is no plain type. Throws `ModelFindings`. */
export function contractOf(columns: readonly CompiledColumn[], model: Model): Column[] | null {
  const contract: Column[] = [];
  for (const column of columns) {
    if (column.type === null || /[<(]/.test(column.type)) return null;
    const upper = column.type.toUpperCase();
    const type = ColumnType.safeParse(aliases[upper] ?? upper);
    if (!type.success) {
      throw new ModelFindings([
        {
          place: placeOfColumn(model, column.name),
          message: `unknown data_type ${column.type} of column ${column.name}`,
          hint: `Use ${ColumnType.options.join(", ")}.`,
        },
      ]);
    }
    contract.push({ name: column.name, type: type.data });
  }
  return contract;
}
