import { besideNumeric } from "../numeric.ts";
import { callOnce } from "../once.ts";
import { type FunctionRule, templates } from "./call.ts";

export const numberFunctions: Readonly<Record<string, FunctionRule>> = {
  ...templates({
    ABS: "abs($1)",
    SIGN: "bq_sign($1)",
    MOD: "bq_mod($1, $2)",
    DIV: "bq_div($1, $2)",

    SAFE_NEGATE: "TRY(-($1))",
    SQRT: "bq_places(sqrt($1), $1)",
    POW: "bq_places(bq_finite(pow($1, $2), $1, $2), $1)",
    POWER: "bq_places(bq_finite(pow($1, $2), $1, $2), $1)",
    EXP: "bq_places(bq_finite(exp($1), $1, 0), $1)",
    LN: "bq_places(ln($1), $1)",
    LOG: ["bq_places(ln($1), $1)", "bq_places(bq_finite(ln($1) / ln($2), $1, $2), $1)"],
    LOG10: "bq_places(log10($1), $1)",
    IS_NAN: "isnan($1)",
    IS_INF: "isinf($1)",
    BIT_COUNT: "bit_count($1)",
  }),
  ROUND: rounding("bq_round", (value, places) => callOnce("bq_round2", [value], places)),
  TRUNC: rounding("bq_trunc", (value, places) => `bq_trunc2(${value}, ${places})`),
  CEIL: rounding("bq_ceil"),
  CEILING: rounding("bq_ceil"),
  FLOOR: rounding("bq_floor"),
  SAFE_ADD: ofTwo((a, b) => `bq_finite_or_null(TRY(${a} + ${b}), ${a}, ${b})`),
  SAFE_SUBTRACT: ofTwo((a, b) => `bq_finite_or_null(TRY(${a} - ${b}), ${a}, ${b})`),
  SAFE_MULTIPLY: ofTwo((a, b) => `bq_finite_or_null(TRY(${callOnce("bq_times", [a, b])}), ${a}, ${b})`),
  SAFE_DIVIDE: ofTwo((a, b) => callOnce("bq_safe_divide", [a, b])),
};

/** A function of two numbers that have one type in BigQuery. */
function ofTwo(sql: (a: string, b: string) => string): FunctionRule {
  return {
    arguments: [2, 2],
    sql: ({ args: [a, b], render }) => sql(besideNumeric(a!, [b!], render), besideNumeric(b!, [a!], render)),
  };
}

/** To a whole number, or where the function takes them to some places. */
function rounding(macro: string, toPlaces?: (value: string, places: string) => string): FunctionRule {
  return {
    arguments: [1, toPlaces === undefined ? 1 : 2],
    sql: (call) =>
      toPlaces === undefined || call.args.length === 1
        ? callOnce(macro, [call.sql(0)])
        : toPlaces(call.sql(0), call.sql(1)),
  };
}
