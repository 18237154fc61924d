import { FatalError } from "@lifecycle/contracts";
import { QueryMistake } from "../query-mistake.ts";

/** BigQuery's words for names that nothing has; what it says is told apart by its reason, these only find the name. */
const unknownColumn =
  /(?:Unrecognized name: `?([\w.]+?)`?|Name (\w+) not found inside \w+)(?:; Did you mean ([^?]+)\?)?(?: at \[|$)/;
const unknownTable = /Not found: (?:Table|Dataset) [\w-]+:([\w.]+)/;

/**
 * A person's query that BigQuery refused for what it says, as the mistake that it is; any other error as it came. Of tables and
 * columns that are not there, `word` is the name as it was written.
 */
export function refusedQuery(error: unknown): unknown {
  if (!(error instanceof FatalError)) return error;
  const said = error.message.replace(/^query: /, "").replace(/^Query error: /, "");
  if (error.code === "warehouse.table_missing") return missingTable(error, said);
  if (error.code !== "warehouse.sql_failed") return error;
  const [, bare, inside, near] = unknownColumn.exec(said) ?? [];
  const name = bare ?? inside;
  if (name === undefined) return new QueryMistake("query.not_answerable", said, { cause: error });
  const help =
    near === undefined ? "`lifecycle query --tables <table>` lists its columns." : `Did you mean ${near}?`;
  const word = name.split(".").at(-1);
  return new QueryMistake("query.unknown_column", `no table of the query has a column ${name}. ${help}`, {
    word,
    cause: error,
  });
}

function missingTable(cause: FatalError, said: string): QueryMistake {
  const name = unknownTable.exec(said)?.[1];
  if (name === undefined) return new QueryMistake("query.unknown_table", said, { cause });
  return new QueryMistake(
    "query.unknown_table",
    `there is no table ${name}. \`lifecycle query --tables\` lists what there is.`,
    { word: name.split(".").at(-1), cause },
  );
}
