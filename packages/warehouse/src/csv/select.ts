import type { Column } from "@lifecycle/contracts";
import { ident, literal } from "../duckdb/sql.ts";
import { duckdbTypes } from "../duckdb/types.ts";
import type { CsvRead, LoadRequest } from "../warehouse.ts";

/** Columns of the request that the file itself must have. */
export function declaredColumns(request: LoadRequest, csv: CsvRead): string[] {
  return request.columns.map((column) => column.name).filter((name) => !isGenerated(name, csv));
}

function isGenerated(name: string, csv: CsvRead): boolean {
  return name === "_row_number" || name === "_source_sha256" || name === "_load_id" || name in csv.stamps;
}

/** Select list over `csvRelation` for the request's columns: text by header name, row number, file and stamps as constants. */
export function csvSelectList(
  request: LoadRequest,
  csv: CsvRead,
  located: ReadonlyMap<string, number>,
): string {
  return request.columns
    .map((column) => `${expression(column, request, csv, located)} AS ${ident(column.name)}`)
    .join(", ");
}

function expression(
  column: Column,
  request: LoadRequest,
  csv: CsvRead,
  located: ReadonlyMap<string, number>,
): string {
  if (column.name === "_row_number") return "row_number() OVER ()";
  if (column.name === "_source_sha256") return literal(csv.sha256);
  const index = located.get(column.name);
  if (index !== undefined) return column.pii ? personal(`c${index}`, csv) : `c${index}`;
  return stamp(column, request, csv);
}

/** The same hash as over rows that land: an e-mail address in any case is one, other ids are taken as they are. */
function personal(text: string, csv: CsvRead): string {
  if (csv.personal === undefined) return text;
  if (csv.personal === "drop") return literal("[dropped]");
  const { inner, outer } = csv.personal;
  const value = `encode(CASE WHEN contains(${text}, '@') THEN lower(trim(${text})) ELSE ${text} END)`;
  return `sha256(from_hex(${literal(outer)}) || from_hex(sha256(from_hex(${literal(inner)}) || ${value})))`;
}

/** A stamp as a constant of its column's type. */
export function stamp(column: Column, request: LoadRequest, csv: CsvRead): string {
  const value = column.name === "_load_id" ? request.loadId : (csv.stamps[column.name] ?? null);
  return `CAST(${literal(value)} AS ${duckdbTypes[column.type]})`;
}
