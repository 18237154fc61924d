import { createWriteStream } from "node:fs";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { TableField } from "@google-cloud/bigquery";
import { type Column, ColumnType } from "@lifecycle/contracts";
import { withTemporaryFolder } from "@lifecycle/runtime";
import { mustExist } from "./build-steps.ts";
import type { Connection } from "./client.ts";
import { inEmbeddedEngine } from "./embedded.ts";
import { tableOf, typeName } from "./schema.ts";
import { type RestRow, rowValues } from "./values.ts";

const PAGE_ROWS = 10_000;

/** Reads the table page by page (`tabledata.list`: free) and has the embedded engine write it, beside its place and renamed. */
export async function exportParquet(
  connection: Connection,
  dataset: string,
  table: string,
  path: string,
): Promise<void> {
  const metadata = await mustExist(connection, dataset, table);
  const fields = (metadata.schema as { fields?: TableField[] } | undefined)?.fields ?? [];
  await withTemporaryFolder("export", async (folder) => {
    const uri = join(folder, "rows.ndjson");
    await pipeline(Readable.from(lines(connection, dataset, table, fields)), createWriteStream(uri));
    await inEmbeddedEngine({
      kind: "write-parquet",
      folder,
      rows: uri,
      columns: fields.map(columnOf),
      path: resolve(path),
    });
  });
}

async function* lines(connection: Connection, dataset: string, table: string, fields: readonly TableField[]) {
  let pageToken: string | undefined;
  do {
    const [, , page] = (await connection.call(`export ${table}`, () =>
      tableOf(connection, dataset, table).getRows({
        autoPaginate: false,
        maxResults: PAGE_ROWS,
        skipParsing: true,
        ...(pageToken === undefined ? {} : { pageToken }),
      }),
    )) as unknown as [unknown, unknown, { rows?: RestRow[]; pageToken?: string }];
    const rows = (page.rows ?? []).map((row) => rowValues(fields, row));
    yield rows.map((row) => `${JSON.stringify(toObject(fields, row))}\n`).join("");
    pageToken = page.pageToken;
  } while (pageToken !== undefined);
}

function toObject(fields: readonly TableField[], row: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(
    fields.map((field, index) => {
      const value = row[index];
      const isJson = typeName(field.type) === "JSON" && typeof value === "string";
      return [field.name!, isJson ? JSON.parse(value) : value];
    }),
  );
}

/** Arrays and structs, which contracts do not have, are written as JSON. */
function columnOf(field: TableField): Column {
  const type = field.mode === "REPEATED" ? undefined : ColumnType.safeParse(typeName(field.type)).data;
  return { name: field.name!, type: type ?? "JSON" };
}
