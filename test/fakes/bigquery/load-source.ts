import { randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { invalid } from "../rest/api-error.ts";
import { readAvro } from "./avro.ts";
import type { LoadConfiguration } from "./configuration.ts";
import { engineType, type Field, quote, schemaOf } from "./types.ts";

/** The rows of a load as a select whose columns are these. */
export interface LoadSource {
  fields: Field[];
  select: string;
  /** Takes the files away that the select reads. */
  remove(): void;
}

/**
 * What the files of a load hold. Avro and Parquet say themselves which columns they have, unless the job does; the other formats take the
 * job's schema, or the table's.
 */
export async function sourceOf(
  connection: DuckDBConnection,
  load: LoadConfiguration,
  data: readonly Buffer[],
  given: Field[] | undefined,
  known: Field[] | undefined,
): Promise<LoadSource> {
  const format = load.sourceFormat ?? "CSV";
  const files = new Aside();
  const remove = () => files.remove();
  try {
    const full = data.filter((bytes) => bytes.length > 0);
    if (format === "AVRO" && full.length > 0) {
      const content = await avroContent(full, load, given);
      const list = files.write([content.lines]);
      const select = content.hasRows
        ? selectJson(list, "compression='uncompressed'", content.fields, true)
        : emptySelect(content.fields);
      return { fields: content.fields, select, remove };
    }
    const list = files.write(full);
    if (format === "PARQUET" && !given && full.length > 0) {
      const select = `SELECT * FROM read_parquet(${list}, union_by_name=true)`;
      return { fields: await schemaOf(connection, select), select, remove };
    }
    const fields = given ?? known;
    if (!fields) throw invalid("No schema specified on job or table");
    const select =
      full.length === 0 ? emptySelect(fields) : await selectFrom(connection, list, full, load, fields);
    return { fields, select, remove };
  } catch (error) {
    remove();
    throw error;
  }
}

/** Bytes where DuckDB can read them. */
class Aside {
  readonly #paths: string[] = [];

  /** The files as a list in SQL. */
  write(data: readonly Buffer[]): string {
    for (const bytes of data) {
      const path = join(tmpdir(), `bigquery-load-${randomUUID()}`);
      this.#paths.push(path);
      writeFileSync(path, bytes);
    }
    return `[${this.#paths.map((path) => `'${path}'`).join(", ")}]`;
  }

  remove(): void {
    for (const path of this.#paths) rmSync(path, { force: true });
  }
}

/** Types that a job's schema may give to what a file calls a text. */
const OF_TEXT = ["JSON", "DATETIME"];

async function avroContent(data: readonly Buffer[], load: LoadConfiguration, given: Field[] | undefined) {
  const contents = [];
  for (const file of data) contents.push(await readAvro(file, load.useAvroLogicalTypes ?? false));
  const [first, ...others] = contents.map(({ fields }) => fields);
  if (others.some((fields) => JSON.stringify(fields) !== JSON.stringify(first)))
    throw invalid("the fake loads no Avro files of several schemas at once");
  for (const { name, type } of first!) {
    const wanted = given?.find((field) => field.name === name);
    if (given && !wanted && !load.ignoreUnknownValues) throw invalid(`No such field: ${name}.`);
    if (wanted && wanted.type !== type && !(type === "STRING" && OF_TEXT.includes(wanted.type)))
      throw invalid(`Field ${name} has changed type from ${wanted.type} to ${type}`);
  }
  const rows = contents.flatMap((content) => content.rows);
  const lines = Buffer.from(rows.map((row) => JSON.stringify(row)).join("\n"));
  return { fields: given ?? first!, lines, hasRows: rows.length > 0 };
}

async function selectFrom(
  connection: DuckDBConnection,
  files: string,
  data: readonly Buffer[],
  load: LoadConfiguration,
  fields: readonly Field[],
): Promise<string> {
  const isGzip = data.some((bytes) => bytes[0] === 0x1f && bytes[1] === 0x8b);
  const compression = `compression='${isGzip ? "gzip" : "uncompressed"}'`;
  switch (load.sourceFormat ?? "CSV") {
    case "PARQUET":
      return `SELECT ${fields.map(castField).join(", ")} FROM read_parquet(${files}, union_by_name=true)`;
    case "NEWLINE_DELIMITED_JSON":
      if (!load.ignoreUnknownValues) await refuseUnknownFields(connection, files, compression, fields);
      return selectJson(files, compression, fields);
    case "CSV":
      return selectCsv(files, compression, load, fields);
    default:
      throw invalid(`the fake does not load ${load.sourceFormat}`);
  }
}

function emptySelect(fields: readonly Field[]): string {
  const nulls = fields.map((field) => `CAST(NULL AS ${engineType(field)}) AS ${quote(field.name)}`);
  return `SELECT ${nulls.join(", ")} WHERE false`;
}

function castField(field: Field): string {
  return `CAST(${quote(field.name)} AS ${engineType(field)}) AS ${quote(field.name)}`;
}

/** Exact decimals and bytes are read as text first; a JSON number would pass through a double. So is JSON that comes as a text. */
function selectJson(
  files: string,
  compression: string,
  fields: readonly Field[],
  jsonIsText = false,
): string {
  if (fields.some((field) => field.fields?.some(({ type }) => type === "BYTES")))
    throw invalid("the fake reads no BYTES inside of a RECORD");
  const types = fields.map((field) => {
    const text = ["NUMERIC", "BYTES", ...(jsonIsText ? ["JSON"] : [])].includes(field.type);
    return `${quote(field.name)}: '${text ? "VARCHAR" : engineType(field).replaceAll("'", "''")}'`;
  });
  const list = fields.map((field) =>
    field.type === "BYTES" ? `from_base64(${quote(field.name)}) AS ${quote(field.name)}` : castField(field),
  );
  return `SELECT ${list.join(", ")} FROM read_json(${files}, format='newline_delimited', ${compression}, columns={${types.join(", ")}})`;
}

/** An unquoted empty value is NULL, a quoted one an empty text. */
function selectCsv(
  files: string,
  compression: string,
  load: LoadConfiguration,
  fields: readonly Field[],
): string {
  const types = fields.map((field) => `${quote(field.name)}: 'VARCHAR'`).join(", ");
  const options = [
    compression,
    "header=false",
    "auto_detect=false",
    "allow_quoted_nulls=false",
    `skip=${Number(load.skipLeadingRows ?? 0)}`,
    `delim='${load.fieldDelimiter ?? ","}'`,
    `quote='${load.quote ?? '"'}'`,
    `escape='${load.quote ?? '"'}'`,
    `nullstr='${load.nullMarker ?? ""}'`,
  ];
  return `SELECT ${fields.map(castField).join(", ")} FROM read_csv(${files}, columns={${types}}, ${options.join(", ")})`;
}

async function refuseUnknownFields(
  connection: DuckDBConnection,
  files: string,
  compression: string,
  fields: readonly Field[],
) {
  const keys = await connection.runAndReadAll(
    `SELECT DISTINCT unnest(json_keys(json)) FROM read_json_objects(${files}, format='newline_delimited', ${compression})`,
  );
  const unknown = keys.getRows().find(([key]) => !fields.some((field) => field.name === key));
  if (unknown)
    throw invalid(
      `Error while reading data, error message: JSON parsing error: No such field: ${unknown[0]}.`,
    );
}
