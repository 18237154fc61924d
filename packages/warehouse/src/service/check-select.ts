import type { DuckDBConnection } from "@duckdb/node-api";
import { InputError } from "@lifecycle/contracts";
import { rowsOf } from "../duckdb/session.ts";

/** Table functions that make rows of their arguments and touch nothing outside. */
const harmlessTableFunctions = new Set([
  "unnest",
  "range",
  "generate_series",
  "json_each",
  "json_tree",
  "repeat",
  "repeat_row",
]);

/** Scalar functions that tell about the process, write, or hold it up. */
const refusedFunctions = new Set([
  "current_setting",
  "getenv",
  "getvariable",
  "nextval",
  "sleep_ms",
  "write_log",
  "current_query",
]);

/** A name that cannot be taken for a file (`'x.parquet'`, `'/etc/passwd'`). */
const plainName = /^[A-Za-z_][A-Za-z0-9_]*$/;

type Node = Readonly<Record<string, unknown>>;

/**
 * Refuses whatever is not one SELECT or WITH over tables of the warehouse. DuckDB's own parser decides: a statement counts as it will be
 * run. Table functions pass by an allow-list, so one that a later engine brings is refused.
 * Answers the tables it names, as `dataset.table`, those without a dataset as of the first of `schemas`. Throws `InputError
 * query.not_select`, `query.refused` or `query.syntax`.
 */
export async function checkSelect(
  connection: DuckDBConnection,
  sql: string,
  schemas: readonly string[],
): Promise<string[]> {
  const [row] = await rowsOf(connection, "SELECT json_serialize_sql($1::VARCHAR)", [sql]);
  const tree = JSON.parse(String(row?.[0])) as {
    error: boolean;
    error_type?: string;
    error_message?: string;
    statements?: Node[];
  };
  if (tree.error && tree.error_type === "parser") {
    throw new InputError("query.syntax", `the query cannot be read: ${tree.error_message}`);
  }
  if (tree.error || tree.statements?.length !== 1) {
    throw new InputError("query.not_select", "one SELECT or WITH statement is expected, and nothing else");
  }
  const tables = new Set<string>();
  for (const node of nodesOf(tree.statements[0])) {
    refuse(node, schemas);
    if (node.type === "BASE_TABLE") tables.add(`${node.schema_name || schemas[0]}.${node.table_name}`);
  }
  return [...tables];
}

function* nodesOf(value: unknown): Generator<Node> {
  if (Array.isArray(value)) {
    for (const item of value) yield* nodesOf(item);
  } else if (typeof value === "object" && value !== null) {
    yield value as Node;
    for (const item of Object.values(value)) yield* nodesOf(item);
  }
}

function refuse(node: Node, schemas: readonly string[]): void {
  if (node.type === "TABLE_FUNCTION") {
    const name = String((node.function as Node).function_name).toLowerCase();
    if (!harmlessTableFunctions.has(name)) throw refused(`the table function ${name}`);
  }
  if (typeof node.function_name === "string" && refusedFunctions.has(node.function_name.toLowerCase())) {
    throw refused(`the function ${node.function_name}`);
  }
  if (node.type === "BASE_TABLE") refuseTable(node, schemas);
}

function refuseTable(node: Node, schemas: readonly string[]): void {
  const [catalog, schema, table] = [node.catalog_name, node.schema_name, node.table_name].map(String);
  if (!plainName.test(table!)) throw refused(`the table name ${table}`);
  const known = ["", "information_schema", ...schemas];
  if (catalog !== "" || !known.includes(schema!.toLowerCase())) {
    throw refused(`a table outside the warehouse (${[catalog, schema, table].filter(Boolean).join(".")})`);
  }
}

function refused(what: string): InputError {
  return new InputError("query.refused", `${what} may not be used in a query; read the warehouse's tables`);
}
