import { literalText } from "../ast.ts";
import { intervalParts } from "../intervals.ts";
import { kindOf } from "../kinds.ts";
import { timestampSql } from "../literals.ts";
import { SqlProblem } from "../problem.ts";
import { quote } from "../text.ts";
import { type Call, type FunctionRule, templates } from "./call.ts";
import { weekStart } from "./date-parts.ts";
import { readFormat, refuseTimeElements, writeFormat } from "./formats.ts";

const calendarParts = "Use DAY, WEEK, WEEK(MONDAY), ISOWEEK, MONTH, QUARTER or YEAR.";

function refusedPart(call: Call, part: string, hint = calendarParts): SqlProblem {
  return new SqlProblem("date.part", `${call.name} does not take ${part}`, hint);
}

const dateUnits = new Set(["DAY", "MONTH", "QUARTER", "YEAR"]);
const timeUnits: Readonly<Record<string, number>> = {
  MICROSECOND: 1,
  MILLISECOND: 1_000,
  SECOND: 1_000_000,
  MINUTE: 60_000_000,
  HOUR: 3_600_000_000,
  DAY: 86_400_000_000,
};

/** A zone: a literal, so that a wrong name is found when compiling. */
function zone(call: Call, index: number): string {
  const name = call.literal(index, "time zone");
  if (!/^(UTC|[A-Za-z_]+(\/[A-Za-z0-9_+-]+)+)$/.test(name)) {
    throw new SqlProblem(
      "date.zone",
      `'${name}' is not a time zone the engines share`,
      "Write a name such as 'Europe/Berlin'.",
    );
  }
  return quote(name);
}

/** A text literal where BigQuery expects a date: it is coerced. */
const dateArg = (call: Call, index: number): string => `bq_date_arg(${call.sql(index)})`;
const timestampArg = (call: Call, index: number): string => {
  const text = literalText(call.node(index));
  return text === undefined ? `bq_timestamp_arg(${call.sql(index)})` : timestampSql(text);
};
const datetimeArg = (call: Call, index: number): string => `bq_datetime_arg(${call.sql(index)})`;

const dateUnitsOfAdd = new Set(["DAY", "WEEK", "MONTH", "QUARTER", "YEAR"]);

function addRule(
  sign: "+" | "-",
  arg: (call: Call, index: number) => string,
  type: string,
  within: string,
  allowed: (unit: string) => boolean,
  hint: (call: Call) => string,
): FunctionRule {
  return {
    arguments: [2, 2],
    sql: (call) => {
      const interval = intervalParts(call.node(1), call.render);
      if (!allowed(interval.unit)) throw refusedPart(call, interval.unit, hint(call));
      return `${within}(CAST(${arg(call, 0)} ${sign} ${interval.sql} AS ${type}))`;
    },
  };
}

const addDate = (sign: "+" | "-") =>
  addRule(
    sign,
    dateArg,
    "DATE",
    "bq_date_within",
    (unit) => dateUnitsOfAdd.has(unit),
    () => "Use DAY, WEEK, MONTH, QUARTER or YEAR.",
  );
/** A month has no length, so BigQuery adds none to a TIMESTAMP. */
const addTimestamp = (sign: "+" | "-") =>
  addRule(
    sign,
    timestampArg,
    "TIMESTAMPTZ",
    "bq_timestamp_within",
    (unit) => timeUnits[unit] !== undefined,
    ({ name }) =>
      `Use MICROSECOND, MILLISECOND, SECOND, MINUTE, HOUR or DAY; for weeks, months and years ${name.replace("TIMESTAMP", "DATE")} over DATE(ts).`,
  );
const addDatetime = (sign: "+" | "-") =>
  addRule(
    sign,
    datetimeArg,
    "TIMESTAMP",
    "bq_datetime_within",
    () => true,
    () => calendarParts,
  );

function dateDiff(call: Call): string {
  const part = call.part(2);
  const first = weekStart(part);
  const [a, b] = [dateArg(call, 0), dateArg(call, 1)];
  if (first !== undefined) return `bq_date_diff_week(${a}, ${b}, ${first})`;
  if (!dateUnits.has(part)) throw refusedPart(call, part);
  return `date_diff('${part.toLowerCase()}', ${b}, ${a})`;
}

function timestampDiff(call: Call): string {
  const part = call.part(2);
  const unit = timeUnits[part];
  if (unit === undefined) {
    throw new SqlProblem(
      "date.part",
      `TIMESTAMP_DIFF does not take ${part}`,
      "Use DATE_DIFF on DATE(ts) for weeks, months and years.",
    );
  }
  return `bq_timestamp_diff(${timestampArg(call, 0)}, ${timestampArg(call, 1)}, ${unit})`;
}

function datetimeDiff(call: Call): string {
  const part = call.part(2);
  const first = weekStart(part);
  const [a, b] = [datetimeArg(call, 0), datetimeArg(call, 1)];
  if (first !== undefined) return `bq_date_diff_week(CAST(${a} AS DATE), CAST(${b} AS DATE), ${first})`;
  if (!dateUnits.has(part) && timeUnits[part] === undefined) throw refusedPart(call, part);
  return `date_diff('${part.toLowerCase()}', ${b}, ${a})`;
}

function dateTrunc(call: Call): string {
  const part = call.part(1);
  const first = weekStart(part);
  if (first !== undefined) return `bq_date_trunc_week(${dateArg(call, 0)}, ${first})`;
  if (!dateUnits.has(part)) throw refusedPart(call, part);
  return `CAST(date_trunc('${part.toLowerCase()}', ${dateArg(call, 0)}) AS DATE)`;
}

function timestampTrunc(call: Call): string {
  const part = call.part(1);
  const first = weekStart(part);
  const value = timestampArg(call, 0);
  const where = call.args.length === 3 ? zone(call, 2) : quote("UTC");
  if (first !== undefined) return `bq_timestamp_trunc_week_tz(${value}, ${first}, ${where})`;
  if (!dateUnits.has(part) && timeUnits[part] === undefined) throw refusedPart(call, part);
  const macro =
    part !== "DAY" && timeUnits[part] !== undefined ? "bq_timestamp_trunc_clock" : "bq_timestamp_trunc_tz";
  return `${macro}('${part.toLowerCase()}', ${value}, ${where})`;
}

function datetimeTrunc(call: Call): string {
  const part = call.part(1);
  const first = weekStart(part);
  const value = datetimeArg(call, 0);
  if (first !== undefined) return `CAST(bq_date_trunc_week(CAST(${value} AS DATE), ${first}) AS TIMESTAMP)`;
  if (!dateUnits.has(part) && timeUnits[part] === undefined) throw refusedPart(call, part);
  return `CAST(date_trunc('${part.toLowerCase()}', ${value}) AS TIMESTAMP)`;
}

/** DATE(y, m, d), DATE(ts), DATE(ts, zone), DATE('2024-01-02'). */
function dateOf(call: Call): string {
  if (call.args.length === 3)
    return `bq_date_within(make_date(${call.sql(0)}, ${call.sql(1)}, ${call.sql(2)}))`;
  if (call.args.length === 2) return `CAST(timezone(${zone(call, 1)}, ${timestampArg(call, 0)}) AS DATE)`;
  return `CAST(${call.sql(0)} AS DATE)`;
}

/** DATETIME(y, m, d, h, m, s), DATETIME(ts), DATETIME(ts, zone), DATETIME(date). */
function datetimeOf(call: Call): string {
  if (call.args.length === 6) return `bq_make_datetime(${call.render.exprs(call.args).join(", ")})`;
  if (call.args.length === 2) return `timezone(${zone(call, 1)}, ${timestampArg(call, 0)})`;
  if (call.args.length === 1) return `CAST(${call.sql(0)} AS TIMESTAMP)`;
  throw new SqlProblem("function.arguments", `DATETIME does not take ${call.args.length} arguments`);
}

/** TIMESTAMP('…'), TIMESTAMP(date), TIMESTAMP(datetime, zone). */
function timestampOf(call: Call): string {
  const text = literalText(call.node(0));
  if (call.args.length === 2) {
    const known = ["date", "datetime"].includes(kindOf(call.node(0)));
    const local = known ? `CAST(${call.sql(0)} AS TIMESTAMP)` : `bq_to_datetime(${call.sql(0)})`;
    return `bq_from_local(${local}, ${zone(call, 1)})`;
  }
  return text === undefined ? `bq_to_timestamp(${call.sql(0)})` : timestampSql(text);
}

function format(call: Call, value: string): string {
  return `strftime(${value}, ${quote(writeFormat(call.literal(0, "format")))})`;
}

function parsed(call: Call, cast: (text: string) => string): string {
  return cast(`strptime(${call.sql(1)}, ${readFormats(call.literal(0, "format"))})`);
}

/** With `%E*S` a fraction may be there or not: strptime takes a list of formats. */
function readFormats(text: string): string {
  if (!text.includes("%E*S")) return quote(readFormat(text));
  return `[${quote(readFormat(text))}, ${quote(readFormat(text.replace("%E*S", "%S")))}]`;
}

export const dateFunctions: Readonly<Record<string, FunctionRule>> = {
  ...templates({
    CURRENT_TIMESTAMP: "current_timestamp",
    TIMESTAMP_SECONDS: "bq_timestamp_within(make_timestamptz($1 * 1000000))",
    TIMESTAMP_MILLIS: "bq_timestamp_within(make_timestamptz($1 * 1000))",
    TIMESTAMP_MICROS: "bq_timestamp_within(make_timestamptz($1))",
    UNIX_SECONDS: "bq_unix_seconds($1)",
    UNIX_MILLIS: "bq_unix_millis($1)",
    UNIX_MICROS: "epoch_us($1)",
    UNIX_DATE: "date_diff('day', DATE '1970-01-01', $1)",
    DATE_FROM_UNIX_DATE: "bq_date_within(CAST(DATE '1970-01-01' + CAST($1 AS INTEGER) AS DATE))",
  }),
  CURRENT_DATE: {
    arguments: [0, 1],
    sql: (call) => `CAST(timezone(${call.args.length ? zone(call, 0) : "'UTC'"}, current_timestamp) AS DATE)`,
  },
  CURRENT_DATETIME: {
    arguments: [0, 1],
    sql: (call) => `timezone(${call.args.length ? zone(call, 0) : "'UTC'"}, current_timestamp)`,
  },
  DATE: { arguments: [1, 3], sql: dateOf },
  DATETIME: { arguments: [1, 6], sql: datetimeOf },
  TIMESTAMP: { arguments: [1, 2], sql: timestampOf },
  DATE_ADD: addDate("+"),
  DATE_SUB: addDate("-"),
  TIMESTAMP_ADD: addTimestamp("+"),
  TIMESTAMP_SUB: addTimestamp("-"),
  DATETIME_ADD: addDatetime("+"),
  DATETIME_SUB: addDatetime("-"),
  DATE_DIFF: { arguments: [3, 3], sql: dateDiff },
  TIMESTAMP_DIFF: { arguments: [3, 3], sql: timestampDiff },
  DATETIME_DIFF: { arguments: [3, 3], sql: datetimeDiff },
  DATE_TRUNC: { arguments: [2, 2], sql: dateTrunc },
  TIMESTAMP_TRUNC: { arguments: [2, 3], sql: timestampTrunc },
  DATETIME_TRUNC: { arguments: [2, 2], sql: datetimeTrunc },
  FORMAT_DATE: { arguments: [2, 2], sql: (call) => format(call, dateArg(call, 1)) },
  FORMAT_DATETIME: { arguments: [2, 2], sql: (call) => format(call, datetimeArg(call, 1)) },
  FORMAT_TIMESTAMP: {
    arguments: [2, 3],
    sql: (call) =>
      format(call, `timezone(${call.args.length === 3 ? zone(call, 2) : "'UTC'"}, ${timestampArg(call, 1)})`),
  },
  PARSE_DATE: {
    arguments: [2, 2],
    sql: (call) => {
      refuseTimeElements(call.literal(0, "format"));
      return parsed(call, (text) => `bq_date_within(CAST(${text} AS DATE))`);
    },
  },
  PARSE_DATETIME: { arguments: [2, 2], sql: (call) => parsed(call, (text) => `CAST(${text} AS TIMESTAMP)`) },
  PARSE_TIMESTAMP: {
    arguments: [2, 3],
    sql: (call) => {
      const where = call.args.length === 3 ? zone(call, 2) : "'UTC'";
      const hasOffset = /%E?z/.test(call.literal(0, "format"));
      return parsed(call, (text) =>
        hasOffset ? `CAST(${text} AS TIMESTAMPTZ)` : `bq_from_local(${text}, ${where})`,
      );
    },
  },
};
