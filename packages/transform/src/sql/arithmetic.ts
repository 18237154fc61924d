import { type AstNode, bodyOf, type Fields, isNode, literalInteger, typeOf } from "./ast.ts";
import { intervalSql } from "./intervals.ts";
import { kindOf } from "./kinds.ts";
import { besideNumeric } from "./numeric.ts";
import { callOnce } from "./once.ts";
import { SqlProblem } from "./problem.ts";
import type { Handlers, Renderer } from "./render.ts";

/** `+ - * /` and the sign. */
export const arithmeticHandlers: Handlers = {
  neg: negSql,
  add: addSql,
  sub: subSql,
  mul: mulSql,
  div: divSql,
};

/** The smallest INT64 has no positive counterpart, so the sign goes inside the cast. */
function negSql(fields: Fields, render: Renderer): string {
  const value = fields.node("this");
  const whole = literalInteger(value);
  return whole === undefined ? `(-${render.expr(value)})` : `(-${whole})::BIGINT`;
}

function operands(fields: Fields, render: Renderer): [string, string] {
  const [left, right] = [fields.node("left"), fields.node("right")];
  const bothNumbers = literalInteger(left) !== undefined && literalInteger(right) !== undefined;
  if (bothNumbers) return [render.expr(left), render.expr(right)];
  return [operand(left, right, render), operand(right, left, render)];
}

/** A bare whole number takes the other's type, and so does a decimal one beside NUMERIC. */
function operand(node: AstNode, other: AstNode, render: Renderer): string {
  return literalInteger(node) ?? besideNumeric(node, [other], render);
}

const isInterval = (node: AstNode): boolean => typeOf(node) === "interval";

function addSql(fields: Fields, render: Renderer): string {
  const [left, right] = [fields.node("left"), fields.node("right")];
  if (isInterval(right)) return `bq_within(${render.expr(left)} + ${intervalSql(right, render)})`;
  if (isInterval(left)) return `bq_within(${render.expr(right)} + ${intervalSql(left, render)})`;
  if (kindOf(left) === "date") return addDays(left, "+", right, render);
  if (kindOf(right) === "date") return addDays(right, "+", left, render);
  return `(${operands(fields, render).join(" + ")})`;
}

function subSql(fields: Fields, render: Renderer): string {
  const [left, right] = [fields.node("left"), fields.node("right")];
  if (isInterval(right)) return `bq_within(${render.expr(left)} - ${intervalSql(right, render)})`;
  const [leftKind, rightKind] = [kindOf(left), kindOf(right)];
  const isTime = (kind: string) => kind === "date" || kind === "timestamp" || kind === "datetime";
  if (isTime(leftKind) && isTime(rightKind)) {
    throw new SqlProblem(
      "operator.date_minus_date",
      "one date or time minus another gives an INTERVAL, which tables here cannot hold",
      "Write DATE_DIFF(a, b, DAY) or TIMESTAMP_DIFF(a, b, SECOND).",
    );
  }
  if (leftKind === "date") return addDays(left, "-", right, render);
  const [a, b] = operands(fields, render);
  return leftKind === "unknown" && rightKind === "unknown" ? `bq_minus(${a}, ${b})` : `(${a} - ${b})`;
}

function addDays(date: AstNode, sign: "+" | "-", days: AstNode, render: Renderer): string {
  return `bq_date_within(CAST(${render.expr(date)} ${sign} CAST(${render.plain(days)} AS INTEGER) AS DATE))`;
}

/** NUMERIC times NUMERIC keeps nine decimals in BigQuery and eighteen in DuckDB; the macro rounds. */
function mulSql(fields: Fields, render: Renderer): string {
  const [left, right] = [fields.node("left"), fields.node("right")];
  const kinds = [kindOf(left), kindOf(right)];
  const mayBeNumeric = kinds.some((kind) => kind === "unknown" || kind === "numeric");
  const [a, b] = operands(fields, render);
  return mayBeNumeric && !kinds.includes("int") ? callOnce("bq_times", [a, b]) : `(${a} * ${b})`;
}

function divSql(fields: Fields, render: Renderer): string {
  const [left, right] = [fields.node("left"), fields.node("right")];
  if (!cannotBeZero(right)) {
    throw new SqlProblem(
      "operator.divide",
      "a bare / raises on zero in BigQuery and gives infinity in DuckDB",
      "Write SAFE_DIVIDE(a, b), or a / NULLIF(b, 0).",
    );
  }
  const [a, b] = [besideNumeric(left, [right], render), besideNumeric(right, [left], render)];
  return callOnce("bq_divide", [a, b]);
}

function cannotBeZero(node: AstNode): boolean {
  const body = bodyOf(node);
  switch (typeOf(node)) {
    case "paren":
    case "neg":
      return isNode(body.this) && cannotBeZero(body.this);
    case "literal":
      return body.literal_type === "number" && Number(body.value) !== 0;
    case "function": {
      const args = Array.isArray(body.args) ? (body.args as AstNode[]) : [];
      return String(body.name).toUpperCase() === "NULLIF" && literalInteger(args[1]) === "0";
    }
    default:
      return false;
  }
}
