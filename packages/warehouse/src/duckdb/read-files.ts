import { type Column, FatalError, type LandedFile } from "@lifecycle/contracts";
import { localPath } from "../local-path.ts";
import { ident, text } from "./sql.ts";
import { duckdbTypes } from "./types.ts";

/**
 * SELECT over landed files of one format, in the order and types of `columns`; a column that a file lacks is NULL.
 * DuckDB reads them itself: rows never become JavaScript values.
 */
export function selectFiles(files: readonly LandedFile[], columns: readonly Column[]): string {
  const [first] = files;
  if (files.some((file) => file.format !== first!.format || file.codec !== first!.codec)) {
    throw new FatalError("warehouse.mixed_formats", "the files of one load must share format and codec");
  }
  const paths = `[${files.map((file) => text(localPath(file))).join(", ")}]`;
  switch (first!.format) {
    case "ndjson": {
      const types = columns.map((column) => `${text(column.name)}: ${text(jsonReadType(column))}`).join(", ");
      const compression = first!.codec === "gzip" ? "gzip" : "uncompressed";
      const reader = `read_json(${paths}, format='newline_delimited', compression='${compression}', columns={${types}})`;
      return `SELECT ${columns.map(fromJson).join(", ")} FROM ${reader}`;
    }
    case "parquet":
      return `SELECT ${columns.map(fromParquet).join(", ")} FROM read_parquet(${paths}, union_by_name=true)`;
    default:
      throw new FatalError(
        "warehouse.format_unsupported",
        `cannot load ${first!.format} files as landed rows`,
      );
  }
}

/** NUMERIC is read as text: DuckDB would take a JSON number through a double and keep its noise in the nine decimals. */
function jsonReadType(column: Column): string {
  return column.type === "NUMERIC" || column.type === "BYTES" ? "VARCHAR" : duckdbTypes[column.type];
}

function fromJson(column: Column): string {
  const name = ident(column.name);
  if (column.type === "NUMERIC") return `${exactDecimal(name)} AS ${name}`;
  if (column.type === "BYTES") return `from_base64(${name}) AS ${name}`;
  return name;
}

/** Nearly every amount fits 64 bits, where the cast from text is several times faster than over 128 (measured); the others take the long way. */
function exactDecimal(name: string): string {
  const short = `CAST(TRY_CAST(${name} AS DECIMAL(18,9)) AS ${duckdbTypes.NUMERIC})`;
  return `COALESCE(${short}, CAST(${name} AS ${duckdbTypes.NUMERIC}))`;
}

function fromParquet(column: Column): string {
  return `CAST(${ident(column.name)} AS ${duckdbTypes[column.type]}) AS ${ident(column.name)}`;
}
