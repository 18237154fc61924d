import { randomExpression, type Type, types } from "./random-expression.ts";

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
