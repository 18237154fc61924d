/** Types of the columns of the fuzz table, and of what may be built over them. */
export type Type = "int" | "float" | "numeric" | "string" | "bool" | "date" | "timestamp";

type Random = () => number;
type Rule = (make: (type: Type) => string, pick: <T>(from: readonly T[]) => T) => string;

const units = ["DAY", "WEEK", "WEEK(MONDAY)", "ISOWEEK", "MONTH", "QUARTER", "YEAR"];
const clocks = ["SECOND", "MINUTE", "HOUR", "DAY"];
const zones = ["America/New_York", "Asia/Kolkata", "Europe/Berlin"];

const leaves: Readonly<Record<Type, readonly string[]>> = {
  int: ["i", "j", "0", "1", "-7", "LENGTH(s)"],
  float: ["f", "0.5", "-2.5", "CAST(i AS FLOAT64)"],
  numeric: ["n", "m", "NUMERIC '-0.005'", "CAST(i AS NUMERIC)"],
  string: ["s", "r", "'a'", "''", "'A b'"],
  bool: ["b", "TRUE", "(i > j)", "(s IS NULL)"],
  date: ["d", "DATE '2024-02-29'", "DATE(t)"],
  timestamp: ["t", "TIMESTAMP '2024-03-10 07:30:00+00'"],
};

/** How a value of each type may be made from others. Every construct of the registry whose result does not depend on chance. */
const rules: Readonly<Record<Type, readonly Rule[]>> = {
  int: [
    (make) => `(${make("int")} + ${make("int")})`,
    (make) => `(${make("int")} - ${make("int")})`,
    (make, pick) => `(${make("int")} * ${pick(["2", "-3", "j"])})`,
    (make, pick) => `MOD(${make("int")}, ${pick(["3", "-5", "7"])})`,
    (make, pick) => `DIV(${make("int")}, ${pick(["3", "-5", "2"])})`,
    (make) => `ABS(${make("int")})`,
    (make) => `SIGN(${make("int")})`,
    (make) => `IF(${make("bool")}, ${make("int")}, ${make("int")})`,
    (make) => `IFNULL(${make("int")}, ${make("int")})`,
    (make) => `GREATEST(${make("int")}, ${make("int")})`,
    (make) => `CAST(${make("bool")} AS INT64)`,
    (make) => `SAFE_CAST(${make("string")} AS INT64)`,
    (make) => `STRPOS(${make("string")}, ${make("string")})`,
    (make) => `BYTE_LENGTH(${make("string")})`,
    (make, pick) => `DATE_DIFF(${make("date")}, ${make("date")}, ${pick(units)})`,
    (make, pick) => `TIMESTAMP_DIFF(${make("timestamp")}, ${make("timestamp")}, ${pick(clocks)})`,
    (make, pick) =>
      `EXTRACT(${pick(["YEAR", "MONTH", "DAY", "DAYOFWEEK", "DAYOFYEAR", "ISOWEEK", "ISOYEAR", "WEEK", "WEEK(MONDAY)", "QUARTER"])} FROM ${make("date")})`,
    (make, pick) =>
      `EXTRACT(${pick(["HOUR", "MINUTE", "SECOND", "DAY"])} FROM ${make("timestamp")} AT TIME ZONE '${pick(zones)}')`,
    (make) => `UNIX_SECONDS(${make("timestamp")})`,
    (make) => `ARRAY_LENGTH(SPLIT(${make("string")}, ' '))`,
    (make) => `NULLIF(${make("int")}, ${make("int")})`,
    (make) => `CAST(ROUND(${make("float")}) AS INT64)`,
    (make) => `CAST(${make("numeric")} AS INT64)`,
  ],
  float: [
    (make) => `(${make("float")} + ${make("float")})`,
    (make) => `(${make("float")} * ${make("float")})`,
    (make) => `SAFE_DIVIDE(${make("float")}, ${make("int")})`,
    (make, pick) => `ROUND(${make("float")}, ${pick([0, 1, 2, -1])})`,
    (make) => `TRUNC(${make("float")})`,
    (make) => `CEIL(${make("float")})`,
    (make) => `FLOOR(${make("float")})`,
    (make) => `SAFE_CAST(${make("string")} AS FLOAT64)`,
    (make) => `COALESCE(${make("float")}, ${make("float")})`,
    (make, pick) => `(${make("int")} / ${pick(["2", "-4", "0.5"])})`,
    (make) => `ABS(${make("float")})`,
    (make) => `CASE WHEN ${make("bool")} THEN ${make("float")} ELSE ${make("float")} END`,
  ],
  // LN and EXP of NUMERIC take Google's engine minutes.
  numeric: [
    (make) => `(${make("numeric")} + ${make("numeric")})`,
    (make) => `(${make("numeric")} - ${make("numeric")})`,
    (make) => `(${make("numeric")} * ${make("numeric")})`,
    (make, pick) =>
      `(${make("numeric")} ${pick(["+", "-", "*", "/"])} ${pick(["0.1", "1.19", "-2.5", "3", "7.0"])})`,
    (make, pick) => `(${pick(["0.1", "1.19", "3"])} ${pick(["+", "-", "*"])} ${make("numeric")})`,
    (make) => `(${make("numeric")} * ${make("int")})`,
    (make) => `(${make("numeric")} + ${make("int")})`,
    (make) => `(${make("numeric")} / NULLIF(${make("numeric")}, 0))`,
    (make) => `SAFE_DIVIDE(${make("numeric")}, ${make("int")})`,
    (make) => `SAFE_DIVIDE(${make("int")}, ${make("numeric")})`,
    (make, pick) => `ROUND(${make("numeric")}, ${pick([0, 1, 2, 5, -1])})`,
    (make, pick) => `TRUNC(${make("numeric")}, ${pick([0, 1, 3])})`,
    (make, pick) => `${pick(["ROUND", "TRUNC", "CEIL", "FLOOR", "ABS", "SIGN"])}(${make("numeric")})`,
    (make, pick) =>
      `${pick(["COALESCE", "GREATEST", "LEAST"])}(${make("numeric")}, ${pick(["0.5", "0", "-0.01"])})`,
    (make) => `IF(${make("bool")}, ${make("numeric")}, 0.25)`,
    (make) => `CASE WHEN ${make("bool")} THEN 0.5 ELSE ${make("numeric")} END`,
    (make) => `NULLIF(${make("numeric")}, ${make("numeric")})`,
    (make) => `MOD(${make("numeric")}, 3)`,
    (make) => `SAFE_MULTIPLY(${make("numeric")}, ${make("numeric")})`,
    (make) => `CAST(${make("float")} AS NUMERIC)`,
    (make) => `SAFE_CAST(${make("string")} AS NUMERIC)`,
  ],
  string: [
    (make) => `CONCAT(${make("string")}, ${make("string")})`,
    (make) => `(${make("string")} || ${make("string")})`,
    (make) => `LOWER(${make("string")})`,
    (make, pick) => `SUBSTR(${make("string")}, ${pick([1, 2, -2, 0, 5])}, ${pick([0, 1, 3])})`,
    (make, pick) => `${pick(["LEFT", "RIGHT"])}(${make("string")}, ${pick([0, 1, 3])})`,
    (make, pick) => `${pick(["LPAD", "RPAD"])}(${make("string")}, ${pick([0, 2, 6])}, 'xy')`,
    (make, pick) => `${pick(["TRIM", "LTRIM", "RTRIM", "REVERSE"])}(${make("string")})`,
    (make) => `REPLACE(${make("string")}, 'a', ${make("string")})`,
    (make) => `CAST(${make("int")} AS STRING)`,
    (make) => `CAST(${make("float")} AS STRING)`,
    (make) => `CAST(${make("numeric")} AS STRING)`,
    (make) => `CAST(${make("bool")} AS STRING)`,
    (make) => `CAST(${make("date")} AS STRING)`,
    (make) => `CAST(${make("timestamp")} AS STRING)`,
    (make, pick) => `FORMAT_DATE('${pick(["%Y-%m", "%G-W%V", "%a %d %b", "%j %u %U"])}', ${make("date")})`,
    (make, pick) => `FORMAT_TIMESTAMP('%F %T', ${make("timestamp")}, '${pick(zones)}')`,
    (make, pick) =>
      `REGEXP_EXTRACT(${make("string")}, r'${pick(["[a-z]+", "(\\\\w)\\\\s", "^.", "[0-9]+$"])}')`.replaceAll(
        "\\\\",
        "\\",
      ),
    (make) => `REGEXP_REPLACE(${make("string")}, r'[aeiou]', '_')`,
    (make) => `SPLIT(${make("string")}, ' ')[SAFE_OFFSET(1)]`,
    (make) => `TO_HEX(MD5(${make("string")}))`,
    (make) => `NULLIF(${make("string")}, '')`,
    (make) => `JSON_VALUE(TO_JSON_STRING(STRUCT(${make("string")} AS a)), '$.a')`,
    (make) => `IF(${make("bool")}, ${make("string")}, ${make("string")})`,
  ],
  bool: [
    (make, pick) => `(${make("int")} ${pick(["=", "<>", "<", ">=", "IS DISTINCT FROM"])} ${make("int")})`,
    (make, pick) => `(${make("string")} ${pick(["=", "<", ">="])} ${make("string")})`,
    (make, pick) => `(${make("numeric")} ${pick(["=", "<>", "<", ">="])} ${make("numeric")})`,
    (make, pick) => `(${make("date")} ${pick(["=", "<", ">="])} ${make("date")})`,
    (make) => `(${make("bool")} AND ${make("bool")})`,
    (make) => `(${make("bool")} OR ${make("bool")})`,
    (make) => `(NOT ${make("bool")})`,
    (make) => `(${make("int")} IN (1, 2, ${make("int")}))`,
    (make) => `(${make("string")} LIKE 'a%')`,
    (make) => `STARTS_WITH(${make("string")}, ${make("string")})`,
    (make) => `REGEXP_CONTAINS(${make("string")}, r'^[a-z ]*$')`,
    (make) => `(${make("int")} BETWEEN ${make("int")} AND ${make("int")})`,
    (make) => `SAFE_CAST(${make("string")} AS BOOL)`,
    (make) => `(${make("string")} IN UNNEST(SPLIT(${make("string")}, ' ')))`,
    (make, pick) => `(${make("bool")} IS ${pick(["NULL", "NOT NULL", "TRUE", "NOT FALSE"])})`,
  ],
  date: [
    (make, pick) =>
      `DATE_ADD(${make("date")}, INTERVAL ${pick(["1", "-3", "MOD(i, 9)"])} ${pick(["DAY", "WEEK", "MONTH", "YEAR"])})`,
    (make, pick) => `DATE_SUB(${make("date")}, INTERVAL 2 ${pick(["DAY", "MONTH", "QUARTER"])})`,
    (make, pick) => `DATE_TRUNC(${make("date")}, ${pick(units)})`,
    (make, pick) => `LAST_DAY(${make("date")}, ${pick(["WEEK", "MONTH", "QUARTER", "YEAR"])})`,
    (make, pick) => `DATE(${make("timestamp")}, '${pick(zones)}')`,
    (make) => `SAFE_CAST(${make("string")} AS DATE)`,
    (make) => `LEAST(${make("date")}, ${make("date")})`,
    (make) => `COALESCE(${make("date")}, ${make("date")})`,
  ],
  timestamp: [
    (make, pick) =>
      `TIMESTAMP_ADD(${make("timestamp")}, INTERVAL ${pick(["90", "-5"])} ${pick(["SECOND", "MINUTE", "HOUR", "DAY"])})`,
    (make, pick) =>
      `TIMESTAMP_TRUNC(${make("timestamp")}, ${pick(["MINUTE", "HOUR", "DAY", "WEEK", "MONTH", "YEAR"])}, '${pick(zones)}')`,
    (make, pick) =>
      `TIMESTAMP_TRUNC(${make("timestamp")}, ${pick(["SECOND", "HOUR", "DAY", "WEEK(MONDAY)", "QUARTER"])})`,
    (make) => `TIMESTAMP_SECONDS(MOD(${make("int")}, 100000000))`,
    (make) => `SAFE_CAST(${make("string")} AS TIMESTAMP)`,
    (make, pick) => `TIMESTAMP(DATETIME(${make("timestamp")}, '${pick(zones)}'), '${pick(zones)}')`,
    (make) => `COALESCE(${make("timestamp")}, ${make("timestamp")})`,
  ],
};

export const types: readonly Type[] = ["int", "float", "numeric", "string", "bool", "date", "timestamp"];

/** Values of types that no rule makes. */
const odd = ["dt", "js", "y", "ai", "NULL", "[1, 2]", "STRUCT(i AS a, s AS b)", "'2024-01-01'", "1.5"];

/**
 * A random expression of a type, at most `depth` calls deep. `wrongly` is the share of its parts that are of another type than their
 * place wants, most of which BigQuery refuses.
 */
export function randomExpression(type: Type, depth: number, random: Random, wrongly = 0): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  if (wrongly > 0 && random() < wrongly) {
    return random() < 0.3 ? pick(odd) : randomExpression(pick(types), depth, random);
  }
  if (depth === 0 || random() < 0.15) return pick(leaves[type]);
  return pick(rules[type])((inner) => randomExpression(inner, depth - 1, random, wrongly), pick);
}

/** The table under the expressions: edge values, NULLs, texts that look like other types, instants around clock changes. */
export const fuzzTable = `SELECT * FROM UNNEST(ARRAY<STRUCT<i INT64, j INT64, f FLOAT64, n NUMERIC, m NUMERIC, s STRING, r STRING, b BOOL, d DATE, t TIMESTAMP>>[
  (1, 2, 1.5, NUMERIC '1.005', NUMERIC '3', 'abc', 'a', TRUE, DATE '2024-01-01', TIMESTAMP '2024-03-10 06:59:59+00'),
  (-7, 0, -2.5, NUMERIC '-2.675', NUMERIC '0', 'A b c', '', FALSE, DATE '2024-12-30', TIMESTAMP '2024-11-03 05:30:00.25+00'),
  (0, NULL, 0.0, NUMERIC '0', NULL, '', 'x', NULL, DATE '2023-01-01', TIMESTAMP '1969-12-31 23:59:59.5+00'),
  (NULL, 5, NULL, NULL, NUMERIC '-0.125', NULL, 'É à', TRUE, NULL, NULL),
  (1000003, -40, 2.675, NUMERIC '1234567890.123456789', NUMERIC '7', '12', '2024-02-30', FALSE, DATE '2020-02-29', TIMESTAMP '2024-03-31 01:00:00+00'),
  (9, 9, 1e15, NUMERIC '0.000000001', NUMERIC '0.1', ' 7 ', '2024-01-05', TRUE, DATE '2021-01-03', TIMESTAMP '2024-10-27 00:59:59.999999+00'),
  (-1, 3, -0.125, NUMERIC '-99999.995', NUMERIC '-1.1', 'true', '1.50', NULL, DATE '2024-05-19', TIMESTAMP '2024-01-01 00:00:00+00'),
  (12, 12, 1e-7, NUMERIC '2.5', NUMERIC '12', '2024-01-05 10:00:00', 'aXb', FALSE, DATE '1999-12-31', TIMESTAMP '2000-02-29 12:00:00+00')])`;
