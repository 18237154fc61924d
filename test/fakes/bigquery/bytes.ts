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

/** Bytes of the columns a query scans, by BigQuery's logical sizes (eight for a number or a time, two and the text for a text), and what it bills. */
export async function bytesScanned(connection: DuckDBConnection, sql: string): Promise<Scanned> {
  const explained = await connection.runAndReadAll(`EXPLAIN (FORMAT JSON) ${sql}`);
  const scans = (JSON.parse(String(explained.getRows()[0]![1])) as PlanNode[]).flatMap(scansOf);
  const columns = new Map<string, Set<string>>();
  for (const { table, names } of scans) {
    const known = columns.get(table) ?? new Set();
    for (const name of names) known.add(name);
    columns.set(table, known);
  }
  let processed = 0;
  for (const [table, names] of columns) processed += await sizeOf(connection, table, [...names]);
  const billed =
    columns.size === 0 ? 0 : Math.max(Math.ceil(processed / MEGABYTE) * MEGABYTE, LEAST * columns.size);
  return { processed, billed, tables: [...columns.keys()].map(referenceOf) };
}

function referenceOf(table: string) {
  const [datasetId, tableId] = table.split(".").map((part) => part.replace(/^"(.*)"$/, "$1"));
  return { datasetId: datasetId!, tableId: tableId! };
}

function scansOf(node: PlanNode): { table: string; names: string[] }[] {
  const below = (node.children ?? []).flatMap(scansOf);
  const { Table: table, Projections: projections, Filters: filters } = node.extra_info ?? {};
  if (typeof table !== "string" || !node.name.includes("SCAN")) return below;
  const filtered = [filters ?? []].flat().flatMap((filter) => /^\(*"?(\w+)"?/.exec(filter)?.[1] ?? []);
  const [, ...qualified] = table.split(".").map((part) => part.replace(/^"(.*)"$/, "$1"));
  if (qualified[0]?.startsWith(SCRATCH)) return below;
  return [
    ...below,
    { table: qualified.map(quote).join("."), names: [...[projections ?? []].flat(), ...filtered] },
  ];
}

async function sizeOf(
  connection: DuckDBConnection,
  table: string,
  names: readonly string[],
): Promise<number> {
  const described = await connection.runAndReadAll(`DESCRIBE SELECT * FROM ${table}`);
  const types = new Map(described.getRows().map(([name, type]) => [String(name), String(type)]));
  const sizes = names.filter((name) => types.has(name)).map((name) => columnSize(name, types.get(name)!));
  if (sizes.length === 0) return 0;
  const answer = await connection.runAndReadAll(`SELECT ${sizes.join(" + ")} FROM ${table}`);
  return Number(answer.getRows()[0]![0] ?? 0);
}

function columnSize(name: string, type: string): string {
  const column = quote(name);
  if (type === "BOOLEAN") return `count(${column})`;
  if (/^(BIGINT|DOUBLE|DATE|TIME)/.test(type)) return `8 * count(${column})`;
  if (type.startsWith("DECIMAL")) return `16 * count(${column})`;
  return `coalesce(sum(2 + strlen(CAST(${column} AS VARCHAR))), 0)`;
}
