import { QueryMistake } from "@lifecycle/warehouse";

/** A mistake with where its word first stands in the text as it was written: `query:1:8 …`, the line, and a caret below it. */
export function placed(mistake: QueryMistake, sql: string, name: string): QueryMistake {
  const { word, code, message } = mistake;
  const at =
    word === undefined ? -1 : sql.search(new RegExp(`(?<!\\w)${word.replace(/\W/g, "\\$&")}(?!\\w)`, "i"));
  if (at < 0) return mistake;
  const line = sql.slice(0, at).split("\n").length;
  const column = at - sql.lastIndexOf("\n", at - 1);
  const from = Math.max(0, column - 80);
  const excerpt = sql.split("\n")[line - 1]!.slice(from, from + 110);
  const lines = [
    `${name}:${line}:${column} ${message}`,
    `    ${excerpt}`,
    `    ${" ".repeat(column - 1 - from)}^`,
  ];
  return new QueryMistake(code, lines.join("\n"), { word, cause: mistake });
}
