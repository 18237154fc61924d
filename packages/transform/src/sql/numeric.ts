import { type AstNode, bodyOf, isNode, typeOf } from "./ast.ts";
import { kindOf } from "./kinds.ts";
import type { Renderer } from "./render.ts";

/**
 * `node`, which stands beside `others`. In BigQuery a literal such as `0.1` becomes NUMERIC there if they are: `n * 1.19` and
 * `COALESCE(n, 0.0)` stay exact. What they are is known to DuckDB alone, so the literal is cast to their type.
 */
export function besideNumeric(node: AstNode, others: readonly AstNode[], render: Renderer): string {
  const text = decimalLiteral(node);
  const other = others.find((one) => decimalLiteral(one) === undefined && mayBeNumeric(one));
  if (text === undefined || other === undefined) return render.expr(node);
  return `cast_to_type(${text}, bq_number(${render.expr(other)}))`;
}

/** Digits that NUMERIC and FLOAT64 both hold exactly as written. */
function decimalLiteral(node: AstNode): string | undefined {
  const body = bodyOf(node);
  if (typeOf(node) === "neg" && isNode(body.this)) {
    const text = decimalLiteral(body.this);
    return text === undefined ? undefined : `-${text}`;
  }
  if (typeOf(node) !== "literal" || body.literal_type !== "number") return undefined;
  const match = /^(\d{0,6})\.(\d{0,9})$/.exec(String(body.value));
  return match === null ? undefined : `${match[1] || "0"}.${match[2] || "0"}`;
}

const others: ReadonlySet<string> = new Set(["literal", "null", "neg"]);

function mayBeNumeric(node: AstNode): boolean {
  return !others.has(typeOf(node)) && ["unknown", "numeric"].includes(kindOf(node));
}
