import { type AstNode, bodyOf, Fields, isNode, literalText, typeOf } from "../ast.ts";
import { kindOf } from "../kinds.ts";
import { SqlProblem } from "../problem.ts";
import type { Renderer } from "../render.ts";
import { quote } from "../text.ts";

const weekdays = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];

/** `WEEK` begins on Sunday, `ISOWEEK` on Monday: DuckDB's `dayofweek` of the first day; undefined for other parts. */
export function weekStart(part: string): number | undefined {
  if (part === "WEEK") return 0;
  if (part === "ISOWEEK") return 1;
  const day = /^WEEK\((\w+)\)$/.exec(part)?.[1];
  const index = day === undefined ? -1 : weekdays.indexOf(day);
  return index < 0 ? undefined : index;
}

/** EXTRACT's parts → DuckDB's text over a value that knows no zone. */
const extracts: Readonly<Record<string, (value: string) => string>> = {
  YEAR: (v) => `year(${v})`,
  MONTH: (v) => `month(${v})`,
  DAY: (v) => `day(${v})`,
  HOUR: (v) => `hour(${v})`,
  MINUTE: (v) => `minute(${v})`,
  SECOND: (v) => `second(${v})`,
  MILLISECOND: (v) => `(millisecond(${v}) % 1000)`,
  MICROSECOND: (v) => `(microsecond(${v}) % 1000000)`,
  QUARTER: (v) => `quarter(${v})`,
  DAYOFWEEK: (v) => `bq_dayofweek(${v})`,
  DAYOFYEAR: (v) => `dayofyear(${v})`,
  ISOWEEK: (v) => `bq_isoweek(${v})`,
  ISOYEAR: (v) => `isoyear(${v})`,
  WEEK: (v) => `bq_week(${v}, 0)`,
  DATE: (v) => `CAST(${v} AS DATE)`,
};

const clockParts = new Set(["HOUR", "MINUTE", "SECOND", "MILLISECOND", "MICROSECOND"]);

/** `EXTRACT(part FROM value [AT TIME ZONE zone])`. */
export function extractSql(fields: Fields, render: Renderer): string {
  const part = extractPart(fields.raw("field"));
  const source = fields.node("this");
  if (clockParts.has(part) && kindOf(source) === "date")
    throw new SqlProblem("date.part", `a DATE has no ${part}`, "Take it from the TIMESTAMP.");
  const value = fieldSource(source, render);
  const first = weekStart(part);
  const make =
    first === undefined || part === "ISOWEEK" ? extracts[part] : (v: string) => `bq_week(${v}, ${first})`;
  if (make === undefined)
    throw new SqlProblem(
      "date.part",
      `EXTRACT does not take ${part}`,
      `Use ${Object.keys(extracts).join(", ")}.`,
    );
  return part === "DATE" ? make(value) : `CAST(${make(value)} AS BIGINT)`;
}

function extractPart(field: unknown): string {
  if (typeof field === "string") return field.toUpperCase();
  if (isNode(field) && typeof field.WeekWithModifier === "string")
    return `WEEK(${field.WeekWithModifier.toUpperCase()})`;
  return isNode(field) ? String(Object.values(field)[0]).toUpperCase() : "nothing";
}

function fieldSource(node: AstNode, render: Renderer): string {
  if (typeOf(node) !== "at_time_zone") return render.expr(node);
  const fields = new Fields("at_time_zone", bodyOf(node));
  const name = literalText(fields.node("zone"));
  if (name === undefined) throw new SqlProblem("function.literal", "AT TIME ZONE takes a literal zone");
  const value = render.expr(fields.node("this"));
  fields.done();
  return `timezone(${quote(name)}, bq_timestamp_arg(${value}))`;
}

/** `LAST_DAY(date [, part])`. */
export function lastDaySql(fields: Fields, render: Renderer): string {
  const raw = fields.raw("unit");
  const part = raw === undefined ? "MONTH" : extractPart(raw);
  const value = `bq_date_arg(${render.expr(fields.node("this"))})`;
  const first = weekStart(part);
  if (first !== undefined) return `bq_date_within(CAST(bq_date_trunc_week(${value}, ${first}) + 6 AS DATE))`;
  const months: Readonly<Record<string, number>> = { MONTH: 1, QUARTER: 3, YEAR: 12 };
  const count = months[part];
  if (count === undefined)
    throw new SqlProblem("date.part", `LAST_DAY does not take ${part}`, "Use WEEK, MONTH, QUARTER or YEAR.");
  return `CAST(date_trunc('${part.toLowerCase()}', ${value}) + to_months(${count}) - to_days(1) AS DATE)`;
}
