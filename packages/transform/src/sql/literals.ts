import { type AstNode, bodyOf } from "./ast.ts";
import { SqlProblem } from "./problem.ts";
import { quote } from "./text.ts";

/** A literal with BigQuery's type: whole numbers INT64, decimal points FLOAT64, times in UTC unless they name a zone. */
export function literalSql(node: AstNode): string {
  const { literal_type: type, value } = bodyOf(node);
  const text = Array.isArray(value) ? String(value[0]) : String(value);
  switch (type) {
    case "number":
      return numberSql(text);
    case "hex_number":
      return `${BigInt(`0x${text}`)}::BIGINT`;
    case "string":
    case "raw_string":
    case "triple_quoted_string":
      return quote(text);
    case "byte_string":
      return `encode(${quote(text)})`;
    case "date":
      return `DATE ${quote(checked(text, /^\d{4}-\d{1,2}-\d{1,2}$/, "DATE"))}`;
    case "datetime":
      return `TIMESTAMP ${quote(checked(text, /^\d{4}-\d{1,2}-\d{1,2}([ T]\d{1,2}:\d{1,2}:\d{1,2}(\.\d{1,6})?)?$/, "DATETIME"))}`;
    case "timestamp":
      return timestampSql(text);
    default:
      throw new SqlProblem("literal.not_allowed", `a ${String(type)} literal is not allowed`);
  }
}

function numberSql(text: string): string {
  if (/^\d+$/.test(text)) return `${text}::BIGINT`;
  const decimal = text.startsWith(".") ? `0${text}` : text;
  return /e/i.test(decimal) ? decimal : `${decimal.endsWith(".") ? `${decimal}0` : decimal}e0`;
}

function checked(text: string, pattern: RegExp, type: string): string {
  if (pattern.test(text)) return text.replace("T", " ");
  throw new SqlProblem("literal.malformed", `'${text}' is not a ${type}`);
}

/** `2024-07-01 00:00:00 America/New_York`: DuckDB takes an offset in the text, a zone's name only as a function. */
export function timestampSql(text: string): string {
  const match =
    /^(\d{4}-\d{1,2}-\d{1,2}(?:[ T]\d{1,2}:\d{1,2}:\d{1,2}(?:\.\d{1,6})?)?) ?(Z|UTC|[+-]\d{1,2}(?::?\d{2})?|[A-Za-z_]+\/[A-Za-z_/+-]+)?$/.exec(
      text,
    );
  if (!match) throw new SqlProblem("literal.malformed", `'${text}' is not a TIMESTAMP`);
  const [, local = "", zone = "Z"] = match;
  const plain = local.includes(":") ? local.replace("T", " ") : `${local} 00:00:00`;
  if (zone.includes("/")) return `bq_from_local(TIMESTAMP ${quote(plain)}, ${quote(zone)})`;
  return `TIMESTAMPTZ ${quote(`${plain}${offsetOf(zone)}`)}`;
}

/** `+5`, `+0530` and `+05:30` as DuckDB reads them. */
function offsetOf(zone: string): string {
  const match = /^([+-])(\d{1,2}):?(\d{2})?$/.exec(zone);
  return match ? `${match[1]}${match[2]!.padStart(2, "0")}:${match[3] ?? "00"}` : "+00";
}
