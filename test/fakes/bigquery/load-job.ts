import type { DuckDBConnection } from "@duckdb/node-api";
import { ApiError, invalid } from "../rest/api-error.ts";
import type { Catalogue } from "./catalogue.ts";
import type { LoadConfiguration } from "./configuration.ts";
import { decorated, write } from "./destination.ts";
import { sourceOf } from "./load-source.ts";
import { canonical } from "./types.ts";

/** Puts uploaded bytes, or objects of a bucket, into a table and gives the job's statistics. */
export async function runLoad(
  catalogue: Catalogue,
  connection: DuckDBConnection,
  load: LoadConfiguration,
  data: readonly Buffer[],
): Promise<Record<string, string>> {
  const { dataset, table } = decorated(load.destinationTable);
  const given = load.schema?.fields?.map(canonical);
  const known = catalogue.find(dataset, table)?.fields;
  const source = await reading(() => sourceOf(connection, load, data, given, known));
  try {
    const rows = await reading(() =>
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
        source,
      ),
    );
    return {
      outputRows: String(rows),
      inputFiles: String(data.length),
      inputFileBytes: String(data.reduce((sum, bytes) => sum + bytes.length, 0)),
    };
  } finally {
    source.remove();
  }
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
