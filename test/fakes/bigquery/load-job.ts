import { randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { ApiError, invalid } from "../rest/api-error.ts";
import type { Catalogue } from "./catalogue.ts";
import { decorated, type TableReference, write } from "./destination.ts";
import { canonical, engineType, type Field, quote } from "./types.ts";

export interface LoadConfiguration {
  destinationTable: TableReference;
  sourceUris?: string[];
  schema?: { fields?: Field[] };
  sourceFormat?: string;
  writeDisposition?: string;
  createDisposition?: string;
  schemaUpdateOptions?: string[];
  ignoreUnknownValues?: boolean;
  skipLeadingRows?: number | string;
  fieldDelimiter?: string;
  quote?: string;
  nullMarker?: string;
  timePartitioning?: unknown;
  clustering?: unknown;
}

/** Puts uploaded bytes, or objects of a bucket, into a table and gives the job's statistics. */
export async function runLoad(
  catalogue: Catalogue,
  connection: DuckDBConnection,
  load: LoadConfiguration,
  data: readonly Buffer[],
): Promise<Record<string, string>> {
  const { dataset, table } = decorated(load.destinationTable);
  const fields = load.schema?.fields?.map(canonical) ?? catalogue.find(dataset, table)?.fields;
  if (!fields) throw invalid("No schema specified on job or table");
  const paths = data.filter((bytes) => bytes.length > 0).map(writeAside);
  try {
    const rows = await reading(() => selectFrom(connection, paths, data, load, fields)).then((select) =>
      reading(() =>
        write(
          catalogue,
          connection,
          {
            destination: load.destinationTable,
            writeDisposition: load.writeDisposition ?? "WRITE_APPEND",
            createDisposition: load.createDisposition,
            schemaUpdateOptions: load.schemaUpdateOptions,
            timePartitioning: load.timePartitioning,
            clustering: load.clustering,
          },
          { fields, select },
        ),
      ),
    );
    return {
      outputRows: String(rows),
      inputFiles: String(data.length),
      inputFileBytes: String(data.reduce((sum, bytes) => sum + bytes.length, 0)),
    };
  } finally {
    for (const path of paths) rmSync(path, { force: true });
  }
}

function writeAside(data: Buffer): string {
  const path = join(tmpdir(), `bigquery-load-${randomUUID()}`);
  writeFileSync(path, data);
  return path;
}

/** What DuckDB cannot read is what BigQuery calls invalid. */
async function reading<T>(work: () => Promise<T> | T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ApiError) throw error;
    throw invalid(`Error while reading data, error message: ${(error as Error).message}`);
  }
}

async function selectFrom(
  connection: DuckDBConnection,
  paths: readonly string[],
  data: readonly Buffer[],
  load: LoadConfiguration,
  fields: readonly Field[],
): Promise<string> {
  if (paths.length === 0) return emptySelect(fields);
  const files = `[${paths.map((path) => `'${path}'`).join(", ")}]`;
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

/** Exact decimals and bytes are read as text first; a JSON number would pass through a double. */
function selectJson(files: string, compression: string, fields: readonly Field[]): string {
  const types = fields.map((field) => {
    const text = field.type === "NUMERIC" || field.type === "BYTES";
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
