import { loadCompiler } from "@lifecycle/transform";
import { randomExpression, type Type, types } from "./random-expression.ts";

const { functionSignatures } = await loadCompiler();

/** The table under the statements, a column of each type. */
export const typedColumns: readonly (readonly [name: string, type: string])[] = [
  ["i", "INT64"],
  ["j", "INT64"],
  ["f", "FLOAT64"],
  ["n", "NUMERIC"],
  ["m", "NUMERIC"],
  ["s", "STRING"],
  ["r", "STRING"],
  ["b", "BOOL"],
  ["d", "DATE"],
  ["dt", "DATETIME"],
  ["t", "TIMESTAMP"],
  ["js", "JSON"],
  ["y", "BYTES"],
  ["ai", "ARRAY<INT64>"],
  ["ar", "ARRAY<STRING>"],
];

type Random = () => number;
type Make = (type?: Type) => string;
type Shape = (make: Make, pick: <T>(from: readonly T[]) => T) => string;

const names = typedColumns.map(([name]) => name);
const symbols = ["=", "<>", "<", ">=", "+", "-", "*", "||", "IS DISTINCT FROM", "&", "AND", "LIKE"];
const sums = ["SUM", "AVG", "MIN", "MAX", "COUNTIF", "LOGICAL_OR", "STDDEV", "ANY_VALUE", "BIT_AND", "COUNT"];

/** Places where a type counts, beside those inside an expression. */
const shapes: readonly Shape[] = [
  (make, pick) => `SELECT ${make(pick(types))} AS x FROM ds.z AS z`,
  (make, pick) => `SELECT ${make(pick(types))} AS x FROM ds.z AS z`,
  (make, pick) => `SELECT ${make(pick(types))} AS x FROM ds.z AS z`,
  (make) => `SELECT i FROM ds.z AS z WHERE ${make("bool")}`,
  (_, pick) => `SELECT ${pick(names)} ${pick(symbols)} ${pick(names)} AS x FROM ds.z AS z`,
  (_, pick) => `SELECT a.i FROM ds.z AS a JOIN ds.z AS b ON a.${pick(names)} = b.${pick(names)}`,
  (_, pick) =>
    `SELECT k FROM (SELECT ${pick(names)} AS k FROM ds.z AS z) AS a ${pick(["JOIN", "LEFT JOIN", "FULL JOIN"])} (SELECT ${pick(names)} AS k FROM ds.z AS z) AS b USING (k)`,
  (make, pick) =>
    `SELECT i, ${make(pick(types))} AS x FROM ds.z AS z UNION ALL SELECT j, ${make(pick(types))} FROM ds.z AS z`,
  (_, pick) =>
    `SELECT ${pick(names)} AS x FROM ds.z AS z UNION DISTINCT SELECT ${pick(names)} FROM ds.z AS z`,
  (_, pick) => `SELECT ${pick(sums)}(${pick(names)}) AS x FROM ds.z AS z`,
  (make, pick) => `SELECT ${pick(sums)}(${make(pick(types))}) AS x FROM ds.z AS z GROUP BY ${pick(names)}`,
  (_, pick) => `SELECT COUNT(DISTINCT ${pick(names)}) AS x FROM ds.z AS z`,
  (_, pick) => `SELECT STRING_AGG(${pick(names)}, ',' ORDER BY ${pick(names)}) AS x FROM ds.z AS z`,
  (_, pick) => `SELECT ARRAY_AGG(${pick(names)} ORDER BY ${pick(names)} LIMIT 3) AS x FROM ds.z AS z`,
  (_, pick) => `SELECT ${pick(names)} IN (SELECT ${pick(names)} FROM ds.z AS u) AS x FROM ds.z AS z`,
  (_, pick) => `SELECT ${pick(names)} IN UNNEST(${pick(names)}) AS x FROM ds.z AS z`,
  (make, pick) => `SELECT ${pick(names)} IN (${make(pick(types))}, ${make(pick(types))}) AS x FROM ds.z AS z`,
  (_, pick) => `SELECT ${pick(names)} BETWEEN ${pick(names)} AND ${pick(names)} AS x FROM ds.z AS z`,
  (make, pick) => `SELECT [${make(pick(types))}, ${pick(names)}] AS x FROM ds.z AS z`,
  (_, pick) => `SELECT CASE ${pick(names)} WHEN ${pick(names)} THEN 1 END AS x FROM ds.z AS z`,
  (_, pick) =>
    `SELECT ROW_NUMBER() OVER (PARTITION BY ${pick(names)} ORDER BY ${pick(names)}) AS x FROM ds.z AS z`,
  (make, pick) => `SELECT LAG(${pick(names)}, 1, ${make(pick(types))}) OVER (ORDER BY i) AS x FROM ds.z AS z`,
  (_, pick) => `SELECT i FROM ds.z AS z ORDER BY ${pick(names)}`,
  (_, pick) => `SELECT DISTINCT ${pick(names)} AS x FROM ds.z AS z`,
  (_, pick) => `SELECT e AS x FROM ds.z AS z, UNNEST(${pick(names)}) AS e`,
  (make, pick) => `WITH c AS (SELECT ${make(pick(types))} AS k, s FROM ds.z AS z) SELECT k || s AS x FROM c`,
  (make, pick) =>
    `WITH c AS (SELECT ${make(pick(types))} AS k FROM ds.z AS z) SELECT k FROM c WHERE k ${pick(["=", "<", ">="])} ${pick(["1", "'a'", "DATE '2024-01-01'", "TRUE", "(SELECT MAX(d) FROM ds.z AS u)"])}`,
  (make, pick) =>
    `SELECT CAST(${make(pick(types))} AS ${pick(["INT64", "DATE", "BOOL", "FLOAT64", "TIMESTAMP", "BYTES"])}) AS x FROM ds.z AS z`,
  (_, pick) =>
    `SELECT i, SUM(f) AS total FROM ds.z AS z GROUP BY i HAVING total ${pick(["> 1", "= 'a'", "> DATE '2024-01-01'", "< 1.5"])}`,
];

/** A random statement, well typed or not. */
export function randomStatement(random: Random): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const make: Make = (type = pick(types)) => randomExpression(type, Math.floor(random() * 4), random, 0.12);
  return pick(shapes)(make, pick);
}

/** A value of each word of a signature. */
const values: Readonly<Record<string, readonly string[]>> = {
  T: names,
  U: names,
  ANY: names,
  TEXT: ["s", "i", "d", "'x'", "t"],
  N: ["i", "n", "f", "1"],
  X: ["i", "n", "f", "1.5"],
  S: ["s", "'x'", "y"],
  STRING: ["s", "'x'"],
  BYTES: ["y"],
  INT64: ["i", "1"],
  FLOAT64: ["f", "i", "1.5"],
  NUMERIC: ["n", "i"],
  BOOL: ["b", "TRUE"],
  DATE: ["d", "'2024-01-01'"],
  DATETIME: ["dt"],
  TIMESTAMP: ["t"],
  JSON: ["js"],
  INTERVAL: ["INTERVAL 1 DAY", "INTERVAL i DAY", "INTERVAL s DAY"],
  PART: ["DAY"],
};
const others = [...names, "NULL", "1", "1.5", "'x'", "'2024-01-01'", "[1]", "CAST(NULL AS STRING)", "TRUE"];

/** Where the rewrite asks for a literal: which argument of which functions, and one that will do. */
const literals: readonly (readonly [RegExp, argument: number, text: string])[] = [
  [/^(FORMAT|PARSE)_(DATE|DATETIME|TIMESTAMP)$/, 0, "'%Y'"],
  [/^REGEXP_/, 1, "'a'"],
  [/^JSON_/, 1, "'$.a'"],
  [/^(DATE|DATETIME|TIMESTAMP|STRING)$/, 1, "'UTC'"],
  [/^CURRENT_/, 0, "'UTC'"],
  [/^(TIMESTAMP_TRUNC|DATE_TRUNC|FORMAT_TIMESTAMP|PARSE_TIMESTAMP)$/, 2, "'UTC'"],
  [/^FORMAT$/, 0, "'%s'"],
];
const windowed = /^(ROW_NUMBER|RANK|DENSE_RANK|PERCENT_RANK|CUME_DIST|NTILE|LAG|LEAD|\w+_VALUE)$/;

/** A call of a function of the table of signatures, each argument of the type it wants or of any. */
export function randomCall(random: Random): string {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const [name, text] = pick(Object.entries(functionSignatures).filter(([own]) => own !== "ANY_VALUE"));
  const [parameters = ""] = pick(text.split(";")).split("->");
  // The snapshot of 2023 wants the path that BigQuery's JSON_QUERY may lack.
  const isShort = (part: string) =>
    part.includes("?") && !/^JSON_(QUERY|EXTRACT)$/.test(name) && random() < 0.5;
  const words = parameters.split(",").filter((part) => part.trim() !== "" && !isShort(part));
  const args = words.map((word, index) => {
    const fixed = literals.find(([pattern, argument]) => pattern.test(name) && argument === index)?.[2];
    if (fixed !== undefined) return fixed;
    const plain = word.replace(/[^A-Z0-9]/g, "").replace(/^ARRAY/, "");
    if (/PART|INTERVAL/.test(word) || random() < 0.6)
      return word.includes("ARRAY<") ? pick(["ai", "ar"]) : pick(values[plain] ?? names);
    return pick(others);
  });
  const over = windowed.test(name) ? " OVER (ORDER BY i)" : name.startsWith("PERCENTILE") ? " OVER ()" : "";
  const order = /^(ARRAY|STRING)_AGG$/.test(name) ? " ORDER BY i" : "";
  return `SELECT ${name}(${args.join(", ")}${order})${over} AS x FROM ds.z AS z`;
}
