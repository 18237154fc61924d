import { nearest } from "@lifecycle/contracts";
import { aggregateRules } from "../aggregates.ts";
import { type AstNode, bodyOf, type Fields } from "../ast.ts";
import { SqlProblem } from "../problem.ts";
import type { Handlers, Renderer } from "../render.ts";
import { windowFunctionNames } from "../window-functions.ts";
import { arrayFunctions, jsonFunctions } from "./arrays-json.ts";
import { Call, type FunctionRule } from "./call.ts";
import { extractSql, lastDaySql } from "./date-parts.ts";
import { dateFunctions } from "./dates.ts";
import { generalFunctions } from "./general.ts";
import { numberFunctions } from "./numbers.ts";
import { stringFunctions } from "./strings.ts";

/** Every scalar function that a model may call, by BigQuery's name. */
export const functions: Readonly<Record<string, FunctionRule>> = {
  ...generalFunctions,
  ...numberFunctions,
  ...stringFunctions,
  ...dateFunctions,
  ...arrayFunctions,
  ...jsonFunctions,
};

/** Functions that exist in BigQuery and are refused on purpose, with what to write instead. */
const refused: Readonly<Record<string, string>> = {
  FARM_FINGERPRINT:
    "DuckDB has no such hash: write TO_HEX(MD5(x)), or CAST(CONCAT('0x', SUBSTR(TO_HEX(MD5(x)), 1, 15)) AS INT64).",
  INITCAP: "The engines split words differently: keep the text as it is.",
  JSON_KEYS: "It has no counterpart with a depth: keep the keys in a column when loading.",
  RAND: "It answers differently each time: order by TO_HEX(MD5(id)) instead.",
  SESSION_USER: "It depends on who asks.",
  TIME: "The type TIME is not on the list: keep seconds since midnight.",
  NET: "NET functions have no counterpart.",
  ST_GEOGPOINT: "Geography has no counterpart.",
  SOUNDEX: "It has no counterpart.",
  NORMALIZE: "It has no counterpart.",
  IEEE_DIVIDE: "Write SAFE_DIVIDE(a, b).",
  SAFE_OFFSET: "It stands only in [ ].",
  OFFSET: "It stands only in [ ].",
};

/** All names on the allow-list. */
export const functionNames: readonly string[] = [
  ...new Set([
    ...Object.keys(functions),
    ...Object.keys(aggregateRules),
    ...windowFunctionNames,
    "IF",
    "CAST",
    "SAFE_CAST",
    "EXTRACT",
    "LAST_DAY",
  ]),
].sort();

function callSql(written: string, args: readonly AstNode[], render: Renderer): string {
  const safe = /^SAFE\./i.test(written);
  const name = (safe ? written.slice("SAFE.".length) : written).toUpperCase();
  const rule = Object.hasOwn(functions, name) ? functions[name] : undefined;
  if (rule === undefined) throw unknownFunction(written, name);
  const [fewest, most] = rule.arguments;
  if (args.length < fewest || args.length > most) {
    const wanted = fewest === most ? String(fewest) : `${fewest} to ${most}`;
    throw new SqlProblem("function.arguments", `${name} takes ${wanted} arguments, not ${args.length}`);
  }
  const sql = rule.sql(new Call(name, args, render));
  return safe ? `TRY(${sql})` : sql;
}

function unknownFunction(written: string, name: string): SqlProblem {
  const instead = refused[name];
  if (instead !== undefined)
    return new SqlProblem("function.refused", `${written} is not on the allow-list`, instead);
  const near = nearest(name, functionNames);
  return new SqlProblem(
    "function.unknown",
    `${written} is not on the allow-list`,
    near === undefined
      ? `${kin(name)}packages/transform/README.md lists what is, and how to add to it.`
      : `Did you mean ${near}?`,
  );
}

/** Functions that share a word with an unknown one: of `REGEXP_COUNT` the other `REGEXP_…`. */
function kin(name: string): string {
  const words = new Set(name.toLowerCase().split("_"));
  const found = functionNames.filter((one) =>
    one
      .toLowerCase()
      .split("_")
      .some((word) => words.has(word)),
  );
  return found.length === 0 ? "" : `On it are ${found.join(", ")}. `;
}

/** Functions for which the parser has a node type of their own: type → BigQuery's name and the fields of its arguments. */
export const typedFunctions: Readonly<Record<string, readonly [name: string, ...fields: string[]]>> = {
  abs: ["ABS", "this"],
  round: ["ROUND", "this", "decimals"],
  ceil: ["CEIL", "this"],
  floor: ["FLOOR", "this"],
  mod_func: ["MOD", "this", "expression"],
  safe_divide: ["SAFE_DIVIDE", "this", "expression"],
  sqrt: ["SQRT", "this"],
  power: ["POW", "this", "expression"],
  exp: ["EXP", "this"],
  ln: ["LN", "this"],
  log: ["LOG", "this", "base"],
  lower: ["LOWER", "this"],
  upper: ["UPPER", "this"],
  length: ["LENGTH", "this"],
  substring: ["SUBSTR", "this", "start", "length"],
  str_position: ["STRPOS", "this", "substr"],
  starts_with: ["STARTS_WITH", "this", "expression"],
  ends_with: ["ENDS_WITH", "this", "expression"],
  timestamp: ["TIMESTAMP", "this", "zone"],
  array_length: ["ARRAY_LENGTH", "this"],
  array_reverse: ["ARRAY_REVERSE", "this"],
  json_value: ["JSON_VALUE", "this", "path"],
  json_query: ["JSON_QUERY", "this", "path"],
  json_extract: ["JSON_EXTRACT", "this", "path"],
  json_extract_scalar: ["JSON_EXTRACT_SCALAR", "this", "path"],
  json_type: ["JSON_TYPE", "this"],
  parse_json: ["PARSE_JSON", "this"],
  to_json: ["TO_JSON", "this"],
  initcap: ["INITCAP", "this"],
  json_keys: ["JSON_KEYS", "this"],
  rand: ["RAND"],
  normalize: ["NORMALIZE", "this"],
};

/** Fields with which the parser marks a spelling that BigQuery does not have or that changes nothing. */
const idle: Readonly<Record<string, readonly string[]>> = {
  timestamp: ["with_tz"],
};

export const functionHandlers: Handlers = {
  function: (fields, render) => {
    const name = fields.text("name") ?? "";
    const args = fields.list("args");
    fields.flag("no_parens");
    return callSql(name, args, render);
  },
  method_call: (fields, render) => {
    const owner = bodyOf(fields.node("this")).name as { name?: string } | undefined;
    return callSql(`${owner?.name ?? ""}.${fields.name("method") ?? ""}`, fields.list("args"), render);
  },
  coalesce: (fields, render) =>
    callSql(fields.text("original_name") ?? "COALESCE", fields.list("expressions"), render),
  trim: (fields, render) => {
    const position = fields.text("position");
    const args = [fields.node("this"), fields.optional("characters")].filter((arg) => arg !== undefined);
    if (position !== "Both")
      throw new SqlProblem(
        "function.arguments",
        `TRIM(${position} …) is not BigQuery`,
        "Write LTRIM or RTRIM.",
      );
    return callSql("TRIM", args, render);
  },
  extract: (fields, render) => extractSql(fields, render),
  last_day: (fields, render) => lastDaySql(fields, render),
  ...Object.fromEntries(
    Object.entries(typedFunctions).map(([type, [name, ...argFields]]) => [
      type,
      typedHandler(type, name, argFields),
    ]),
  ),
};

function typedHandler(type: string, name: string, argFields: readonly string[]) {
  return (fields: Fields, render: Renderer): string => {
    const args = argFields.map((field) => fields.optional(field)).filter((arg) => arg !== undefined);
    for (const field of idle[type] ?? []) fields.raw(field);
    return callSql(name, args, render);
  };
}
