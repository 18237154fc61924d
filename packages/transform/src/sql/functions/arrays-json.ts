import { lengthOfArrayAgg } from "../aggregates.ts";
import { intervalParts } from "../intervals.ts";
import { kindOf } from "../kinds.ts";
import { SqlProblem } from "../problem.ts";
import { quote } from "../text.ts";
import { type Call, type FunctionRule, templates } from "./call.ts";

export const arrayFunctions: Readonly<Record<string, FunctionRule>> = {
  ...templates({
    ARRAY_TO_STRING: ["array_to_string($1, $2)", "bq_array_to_string($1, $2, $3)"],
    ARRAY_REVERSE: "list_reverse($1)",
    ARRAY_FIRST: "bq_offset($1, 0)",
    ARRAY_LAST: "bq_last($1)",
  }),
  ARRAY_LENGTH: {
    arguments: [1, 1],
    sql: (call) => `CAST(len(${lengthOfArrayAgg(call.node(0), call.render) ?? call.sql(0)}) AS BIGINT)`,
  },
  ARRAY_CONCAT: {
    arguments: [1, 99],
    sql: (call) => call.render.exprs(call.args).reduce((left, right) => `bq_array_concat(${left}, ${right})`),
  },
  GENERATE_ARRAY: {
    arguments: [2, 3],
    sql: (call) => {
      if (call.args.some((arg) => kindOf(arg) === "float")) {
        throw new SqlProblem(
          "array.float_step",
          "GENERATE_ARRAY takes whole numbers",
          "Generate whole numbers and multiply.",
        );
      }
      return `bq_generate_array(${[...call.render.exprs(call.args), "1"].slice(0, 3).join(", ")})`;
    },
  },
  GENERATE_DATE_ARRAY: {
    arguments: [2, 3],
    sql: (call) => {
      const step = call.args.length === 3 ? intervalParts(call.node(2), call.render).sql : "to_days(1)";
      return `CAST(generate_series(CAST(${call.sql(0)} AS DATE), CAST(${call.sql(1)} AS DATE), ${step}) AS DATE[])`;
    },
  },
  GENERATE_TIMESTAMP_ARRAY: {
    arguments: [3, 3],
    sql: (call) =>
      `generate_series(CAST(${call.sql(0)} AS TIMESTAMPTZ), CAST(${call.sql(1)} AS TIMESTAMPTZ), ${intervalParts(call.node(2), call.render).sql})`,
  },
};

export const jsonFunctions: Readonly<Record<string, FunctionRule>> = {
  ...templates({
    PARSE_JSON: "bq_parse_json($1)",
    TO_JSON: "bq_to_json($1)",
    TO_JSON_STRING: "bq_to_json_string($1)",
    INT64: "bq_json_int64($1)",
    FLOAT64: "bq_json_float64($1)",
    BOOL: "bq_json_bool($1)",
    STRING: "bq_json_string($1)",
    LAX_INT64: "bq_lax_int64($1)",
    LAX_FLOAT64: "bq_lax_float64($1)",
    LAX_BOOL: "bq_lax_bool($1)",
    LAX_STRING: "bq_lax_string($1)",
    JSON_TYPE: "bq_json_type($1)",
  }),
  ...Object.fromEntries(
    Object.entries({
      JSON_VALUE: "bq_json_value",
      JSON_EXTRACT_SCALAR: "bq_json_value",
      JSON_QUERY: "bq_json_query",
      JSON_EXTRACT: "bq_json_query",
      JSON_VALUE_ARRAY: "bq_json_value_array",
      JSON_EXTRACT_STRING_ARRAY: "bq_json_value_array",
      JSON_QUERY_ARRAY: "bq_json_query_array",
      JSON_EXTRACT_ARRAY: "bq_json_query_array",
    }).map(([name, macro]) => [
      name,
      { arguments: [1, 2], sql: (call: Call) => `${macro}(${call.sql(0)}, ${path(call)})` },
    ]),
  ),
} as Readonly<Record<string, FunctionRule>>;

/** `$.a."b c"[0]`: the part of JSONPath that both engines read alike. */
function path(call: Call): string {
  if (call.args.length < 2) return quote("$");
  const text = call.literal(1, "JSON path");
  if (/^\$(\.[A-Za-z_][A-Za-z0-9_]*|\."[^"\\]+"|\[\d+\])*$/.test(text)) return quote(text);
  throw new SqlProblem("json.path", `JSON path '${text}' is not allowed`, `Use $.name, $."a b" and [0].`);
}
