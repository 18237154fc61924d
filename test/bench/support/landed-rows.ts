import { DuckDBInstance } from "@duckdb/node-api";
import type { Column, LandedFile, TableContract } from "@lifecycle/contracts";

/** Rows numbered `n` from 0 on, as a load finds them. */
export interface LandedRows {
  /** What the files are called. */
  name: string;
  rows: number;
  /** Files that the rows are shared out to. */
  files?: number;
  /** DuckDB's SQL for a column of row `n`. */
  value: (column: Column) => string;
}

/** Landed files of a raw table as an extract leaves them: NDJSON, gzip, all columns. */
export async function writeLanded(
  folder: string,
  contract: TableContract,
  { name, rows, files = 1, value }: LandedRows,
): Promise<LandedFile[]> {
  const list = contract.columns.map((column) => `${value(column)} AS "${column.name}"`);
  const instance = await DuckDBInstance.create(":memory:", { threads: "2", memory_limit: "300MB" });
  const connection = await instance.connect();
  const landed: LandedFile[] = [];
  for (let file = 0; file < files; file++) {
    const [from, until] = [Math.floor((rows * file) / files), Math.floor((rows * (file + 1)) / files)];
    const uri = `${folder}/${name}-${file}.ndjson.gz`;
    await connection.run(
      `COPY (SELECT ${list.join(", ")} FROM range(${from}, ${until}) AS t(n)) TO '${uri}' (FORMAT json, COMPRESSION gzip)`,
    );
    landed.push({
      uri,
      format: "ndjson",
      codec: "gzip",
      rows: until - from,
      sizeBytes: 0,
      target: contract.table,
    });
  }
  connection.closeSync();
  instance.closeSync();
  return landed;
}
