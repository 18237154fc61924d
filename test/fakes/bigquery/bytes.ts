import type { DuckDBConnection } from "@duckdb/node-api";
import { quote } from "./types.ts";

const MEGABYTE = 1_048_576;
/** What a query bills at least for each table it reads. */
const LEAST = 10 * MEGABYTE;

/** Schemas that hold what a DML statement works on: nobody pays for those. */
export const SCRATCH = "_dml_";

interface PlanNode {
  name: string;
  children?: PlanNode[];
  extra_info?: Record<string, string | string[]>;
}

export interface Scanned {
  processed: number;
  billed: number;
  /** Each table that is read. */
  tables: { datasetId: string; tableId: string }[];
}

/** The column by whose days a table is partitioned. */
export type PartitionOf = (datasetId: string, tableId: string) => string | undefined;

/**
 * Bytes of the columns a query scans, by BigQuery's logical sizes (eight for a number or a time, two and the text for a text), and what it
 * bills. Of a partitioned table only the days count that constants in the query leave; a sub-query leaves all.
 */
export async function bytesScanned(
  connection: DuckDBConnection,
  sql: string,
  partitionOf: PartitionOf,
): Promise<Scanned> {
  const explained = await connection.runAndReadAll(`EXPLAIN (FORMAT JSON) ${sql}`);
  const scans = (JSON.parse(String(explained.getRows()[0]![1])) as PlanNode[]).flatMap(scansOf);
  const tables = new Map<string, Scan[]>();
  for (const scan of scans) tables.set(scan.table, [...(tables.get(scan.table) ?? []), scan]);
  let processed = 0;
  for (const [table, own] of tables) {
    const { datasetId, tableId } = referenceOf(table);
    const days = daysLeft(own, partitionOf(datasetId, tableId));
    processed += await sizeOf(connection, table, [...new Set(own.flatMap(({ names }) => names))], days);
  }
  const billed =
    tables.size === 0 ? 0 : Math.max(Math.ceil(processed / MEGABYTE) * MEGABYTE, LEAST * tables.size);
  return { processed, billed, tables: [...tables.keys()].map(referenceOf) };
}

function referenceOf(table: string) {
  const [datasetId, tableId] = table.split(".").map((part) => part.replace(/^"(.*)"$/, "$1"));
  return { datasetId: datasetId!, tableId: tableId! };
}

interface Scan {
  table: string;
  names: string[];
  filters: string[];
}

function scansOf(node: PlanNode): Scan[] {
  const below = (node.children ?? []).flatMap(scansOf);
  const { Table: table, Projections: projections, Filters: found } = node.extra_info ?? {};
  if (typeof table !== "string" || !node.name.includes("SCAN")) return below;
  const filters = [found ?? []].flat().map((filter) => filter.replace(/^optional: /, ""));
  const filtered = filters.flatMap((filter) => /^\(*"?(\w+)"?/.exec(filter)?.[1] ?? []);
  const [, ...qualified] = table.split(".").map((part) => part.replace(/^"(.*)"$/, "$1"));
  if (qualified[0]?.startsWith(SCRATCH)) return below;
  const names = [...[projections ?? []].flat(), ...filtered];
  return [...below, { table: qualified.map(quote).join("."), names, filters }];
}

/** The condition on a table's days that all its scans together leave; undefined where one of them reads every day. */
function daysLeft(scans: readonly Scan[], column: string | undefined): string | undefined {
  if (column === undefined) return undefined;
  const of = scans.map(({ filters }) =>
    filters
      .flatMap((filter) => filter.split(" AND "))
      .flatMap((filter) => dayCondition(filter, column) ?? [])
      .join(" AND "),
  );
  return of.includes("") ? undefined : of.map((condition) => `(${condition})`).join(" OR ");
}

/** `day>='2026-01-02'::DATE` and the like, for the whole days that it touches. */
function dayCondition(filter: string, column: string): string | undefined {
  const [, name, operator, constant] =
    /^\(*(?:CAST\()?"?(\w+)"?(?: AS DATE\))? ?(=|>=|<=|<|>|IN) ?(\('.*'::.*\)|'[^']*'::[A-Z ]+?)\)*$/.exec(
      filter,
    ) ?? [];
  if (name !== column) return undefined;
  const whole = `CAST(${quote(column)} AS DATE)`;
  if (constant!.includes("::DATE")) return `${whole} ${operator} ${constant}`;
  // Of instants: up to the last before it, from the first after it.
  if (operator === "<") return `${whole} <= CAST(${constant} - INTERVAL 1 MICROSECOND AS DATE)`;
  if (operator === ">") return `${whole} >= CAST(${constant} + INTERVAL 1 MICROSECOND AS DATE)`;
  return operator === "IN" ? undefined : `${whole} ${operator} CAST(${constant} AS DATE)`;
}

async function sizeOf(
  connection: DuckDBConnection,
  table: string,
  names: readonly string[],
  days: string | undefined,
): Promise<number> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${table}`);
  const types = new Map(described.getRows().map(([name, type]) => [String(name), String(type)]));
  const sizes = names.filter((name) => types.has(name)).map((name) => columnSize(name, types.get(name)!));
  if (sizes.length === 0) return 0;
  const answer = await connection.runAndReadAll(
    `SELECT ${sizes.join(" + ")} FROM ${table}${days === undefined ? "" : ` WHERE ${days}`}`,
  );
  return Number(answer.getRows()[0]![0] ?? 0);
}

function columnSize(name: string, type: string): string {
  const column = quote(name);
  if (type === "BOOLEAN") return `count(${column})`;
  if (/^(BIGINT|DOUBLE|DATE|TIME)/.test(type)) return `8 * count(${column})`;
  if (type.startsWith("DECIMAL")) return `16 * count(${column})`;
  return `coalesce(sum(2 + strlen(CAST(${column} AS VARCHAR))), 0)`;
}
