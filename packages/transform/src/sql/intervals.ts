import { type AstNode, bodyOf, Fields, isNode, literalText, typeOf } from "./ast.ts";
import { SqlProblem } from "./problem.ts";
import type { Renderer } from "./render.ts";

const makers: Readonly<Record<string, (n: string) => string>> = {
  YEAR: (n) => `to_months(CAST(12 * ${n} AS INTEGER))`,
  QUARTER: (n) => `to_months(CAST(3 * ${n} AS INTEGER))`,
  MONTH: (n) => `to_months(CAST(${n} AS INTEGER))`,
  WEEK: (n) => `to_days(CAST(7 * ${n} AS INTEGER))`,
  DAY: (n) => `to_days(CAST(${n} AS INTEGER))`,
  HOUR: (n) => `to_hours(${n})`,
  MINUTE: (n) => `to_minutes(${n})`,
  SECOND: (n) => `to_microseconds(1000000 * ${n})`,
  MILLISECOND: (n) => `to_microseconds(1000 * ${n})`,
  MICROSECOND: (n) => `to_microseconds(${n})`,
};

export interface IntervalParts {
  unit: string;
  sql: string;
}

/** `INTERVAL n DAY` as DuckDB's interval. Throws for spans such as YEAR TO MONTH. */
export function intervalSql(node: AstNode, render: Renderer): string {
  return intervalParts(node, render).sql;
}

export function intervalParts(node: AstNode | undefined, render: Renderer): IntervalParts {
  if (node === undefined || typeOf(node) !== "interval") {
    throw new SqlProblem("interval.expected", "an INTERVAL is expected here", "Write INTERVAL 1 DAY.");
  }
  const fields = new Fields("interval", bodyOf(node));
  const unitBody = fields.raw("unit");
  const unit =
    isNode(unitBody) && unitBody.type === "simple" ? String(unitBody.unit).toUpperCase() : "a span";
  const make = makers[unit];
  if (make === undefined) {
    throw new SqlProblem(
      "interval.unit",
      `INTERVAL of ${unit} is not allowed`,
      "Use one unit from YEAR to MICROSECOND.",
    );
  }
  const count = fields.node("this");
  const text = literalText(count);
  fields.done();
  if (text !== undefined && !/^-?\d+$/.test(text)) {
    throw new SqlProblem(
      "interval.count",
      `'${text}' is not a whole number of ${unit}`,
      "Write INTERVAL 1 DAY.",
    );
  }
  return { unit, sql: make(text ?? `(${render.plain(count)})`) };
}
