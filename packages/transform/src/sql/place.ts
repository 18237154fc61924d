import { type AstNode, bodyOf, firstOffset, isNode, typeOf } from "./ast.ts";
import { blankLiterals } from "./polyglot.ts";

/** Where a node stands in the text: at its function's name if it has one, else at its first identifier. */
export function locate(sql: string, node: AstNode): number | undefined {
  const inside = firstOffset(node);
  const called = bodyOf(node).this;
  const named = typeOf(node) === "window_function" && isNode(called) ? called : node;
  const body = bodyOf(named);
  const type = typeOf(named);
  const name = typeof body.name === "string" ? body.name : type.replace(/_func$/, "");
  const start = lastCallBefore(sql, name, inside);
  if (start !== undefined) return start;
  const own = isNode(body.span) ? body.span.start : undefined;
  return typeof own === "number" ? own : inside;
}

/** Where the sign of `left - right` stands; undefined where it cannot be told. */
export function locateMinus(sql: string, left: AstNode, right: AstNode): number | undefined {
  const [from, to] = [firstOffset(left), firstOffset(right)];
  const bare = blankLiterals(sql);
  const found = to === undefined ? bare.indexOf("-", from) : bare.lastIndexOf("-", to);
  return found < (from ?? 0) ? undefined : found;
}

/** The place of the last `name(` that begins before `limit`, or of the first one when nothing limits. */
function lastCallBefore(sql: string, name: string, limit: number | undefined): number | undefined {
  if (!/^[A-Za-z_.0-9 ]+$/.test(name)) return undefined;
  const pattern = new RegExp(`\\b${name.replaceAll(".", "\\.").replaceAll("_", "_?")}\\s*\\(`, "gi");
  let found: number | undefined;
  for (const match of sql.matchAll(pattern)) {
    if (limit === undefined) return match.index;
    if (match.index > limit) break;
    found = match.index;
  }
  return found;
}
