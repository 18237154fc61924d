import { randomUUID } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { ApiError, invalid, notFound } from "./api-error.ts";
import type { Catalogue } from "./catalogue.ts";
import { canonical, engineType, type Field, quote } from "./types.ts";

export interface TableReference {
  datasetId: string;
  tableId: string;
}

export interface LoadConfiguration {
  destinationTable: TableReference;
  schema?: { fields?: Field[] };
  sourceFormat?: string;
  writeDisposition?: string;
  createDisposition?: string;
  schemaUpdateOptions?: string[];
  ignoreUnknownValues?: boolean;
  timePartitioning?: unknown;
  clustering?: unknown;
}

/** Puts uploaded bytes into a table and gives the job's statistics. */
export async function runLoad(
  catalogue: Catalogue,
  connection: DuckDBConnection,
  load: LoadConfiguration,
  data: Buffer | undefined,
): Promise<Record<string, string>> {
  if (!data) throw invalid("the fake loads uploaded bytes only");
  const { datasetId, tableId } = load.destinationTable;
  const relation = `${quote(datasetId)}.${quote(tableId)}`;
  const existing = catalogue.find(datasetId, tableId);
  const replace = load.writeDisposition === "WRITE_TRUNCATE";
  const given = load.schema?.fields?.map(canonical);
  const fields = given ?? existing?.fields;
  if (!fields) throw invalid("No schema specified on job or table");
  if (!existing && load.createDisposition === "CREATE_NEVER") throw notFound(`Table ${datasetId}.${tableId}`);
  if (existing && !replace) refuseOtherShape(`${datasetId}.${tableId}`, existing.fields, fields);
  if (!existing || replace) {
    const columns = fields.map((field) => `${quote(field.name)} ${engineType(field)}`);
    await connection.run(`CREATE OR REPLACE TABLE ${relation} (${columns.join(", ")})`);
  }
  const rows = await insertRows(connection, relation, load, fields, data);
  const { timePartitioning, clustering } = load;
  const resource = {
    ...(timePartitioning ? { timePartitioning } : {}),
    ...(clustering ? { clustering } : {}),
  };
  catalogue.note(datasetId, tableId, replace || !existing ? fields : existing.fields, resource);
  return { outputRows: String(rows), inputFileBytes: String(data.length) };
}

async function insertRows(
  connection: DuckDBConnection,
  relation: string,
  load: LoadConfiguration,
  fields: readonly Field[],
  data: Buffer,
): Promise<number> {
  const path = join(tmpdir(), `bigquery-load-${randomUUID()}`);
  writeFileSync(path, data);
  try {
    const names = fields.map((field) => quote(field.name)).join(", ");
    const select = await selectFrom(connection, path, data, load, fields);
    return (await connection.run(`INSERT INTO ${relation} (${names}) ${select}`)).rowsChanged;
  } catch (error) {
    if (error instanceof ApiError) throw error;
    const message = `Error while reading data, error message: ${(error as Error).message}`;
    throw new ApiError(400, "invalid", message);
  } finally {
    rmSync(path, { force: true });
  }
}

function refuseOtherShape(table: string, existing: readonly Field[], given: readonly Field[]): void {
  for (const field of given) {
    const known = existing.find((candidate) => candidate.name === field.name);
    if (!known)
      throw invalid(
        `Provided Schema does not match Table ${table}. Cannot add fields (field: ${field.name})`,
      );
    if (known.type !== field.type) {
      throw invalid(
        `Provided Schema does not match Table ${table}. Field ${field.name} has changed type from ${known.type} to ${field.type}`,
      );
    }
  }
}

async function selectFrom(
  connection: DuckDBConnection,
  path: string,
  data: Buffer,
  load: LoadConfiguration,
  fields: readonly Field[],
): Promise<string> {
  if (load.sourceFormat === "PARQUET") {
    return `SELECT ${fields.map((field) => quote(field.name)).join(", ")} FROM read_parquet('${path}')`;
  }
  if (load.sourceFormat !== "NEWLINE_DELIMITED_JSON")
    throw invalid(`the fake does not load ${load.sourceFormat}`);
  const compression = data[0] === 0x1f && data[1] === 0x8b ? "gzip" : "uncompressed";
  if (!load.ignoreUnknownValues) await refuseUnknownFields(connection, path, compression, fields);
  // Exact decimals and bytes are read as text first; a JSON number would pass through a double.
  const types = fields.map((field) => {
    const text = field.type === "NUMERIC" || field.type === "BYTES";
    return `${quote(field.name)}: '${text ? "VARCHAR" : engineType(field).replaceAll("'", "''")}'`;
  });
  const list = fields.map((field) =>
    field.type === "BYTES"
      ? `from_base64(${quote(field.name)})`
      : `CAST(${quote(field.name)} AS ${engineType(field)})`,
  );
  return `SELECT ${list.join(", ")} FROM read_json('${path}', format='newline_delimited', compression='${compression}', columns={${types.join(", ")}})`;
}

async function refuseUnknownFields(
  connection: DuckDBConnection,
  path: string,
  compression: string,
  fields: readonly Field[],
) {
  const keys = await connection.runAndReadAll(
    `SELECT DISTINCT unnest(json_keys(json)) FROM read_json_objects('${path}', format='newline_delimited', compression='${compression}')`,
  );
  const unknown = keys.getRows().find(([key]) => !fields.some((field) => field.name === key));
  if (unknown)
    throw invalid(
      `Error while reading data, error message: JSON parsing error: No such field: ${unknown[0]}.`,
    );
}
