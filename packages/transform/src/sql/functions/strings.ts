import { literalText } from "../ast.ts";
import { SqlProblem } from "../problem.ts";
import { quote } from "../text.ts";
import { type Call, type FunctionRule, templates } from "./call.ts";

export const stringFunctions: Readonly<Record<string, FunctionRule>> = {
  ...templates({
    LOWER: "lower($1)",
    UPPER: "bq_upper($1)",
    TRIM: ["bq_trim($1)", "trim($1, $2)"],
    LTRIM: ["bq_ltrim($1)", "ltrim($1, $2)"],
    RTRIM: ["bq_rtrim($1)", "rtrim($1, $2)"],
    LPAD: ["bq_lpad($1, $2, ' ')", "bq_lpad($1, $2, $3)"],
    RPAD: ["bq_rpad($1, $2, ' ')", "bq_rpad($1, $2, $3)"],
    LEFT: "bq_left($1, $2)",
    RIGHT: "bq_right($1, $2)",
    REPEAT: "bq_repeat($1, $2)",
    REPLACE: "replace($1, $2, $3)",
    REVERSE: "bq_reverse($1)",
    LENGTH: "length($1)",
    CHAR_LENGTH: "length($1)",
    CHARACTER_LENGTH: "length($1)",
    BYTE_LENGTH: "strlen($1)",
    OCTET_LENGTH: "strlen($1)",
    SUBSTR: ["bq_substr2($1, $2)", "bq_substr3($1, $2, $3)"],
    SUBSTRING: ["bq_substr2($1, $2)", "bq_substr3($1, $2, $3)"],
    STRPOS: "strpos($1, $2)",
    INSTR: "strpos($1, $2)",
    STARTS_WITH: "starts_with($1, $2)",
    ENDS_WITH: "ends_with($1, $2)",
    CONTAINS_SUBSTR: "contains(lower($1), lower($2))",
    SPLIT: ["bq_split($1)", "bq_split($1, $2)"],
    CHR: "chr(CAST($1 AS INTEGER))",
    ASCII: "bq_ascii($1)",
    UNICODE: "bq_unicode($1)",
    MD5: "unhex(md5($1))",
    SHA1: "unhex(sha1($1))",
    SHA256: "unhex(sha256($1))",
    TO_HEX: "lower(hex($1))",
    FROM_HEX: "unhex($1)",
    TO_BASE64: "to_base64($1)",
    FROM_BASE64: "from_base64($1)",
  }),
  CONCAT: { arguments: [1, 99], sql: (call) => `(${call.render.exprs(call.args).join(" || ")})` },
  REGEXP_CONTAINS: { arguments: [2, 2], sql: (call) => `regexp_matches(${call.sql(0)}, ${pattern(call)})` },
  REGEXP_EXTRACT: { arguments: [2, 2], sql: (call) => extract(call, "bq_regexp_extract") },
  REGEXP_SUBSTR: { arguments: [2, 2], sql: (call) => extract(call, "bq_regexp_extract") },
  REGEXP_EXTRACT_ALL: {
    arguments: [2, 2],
    sql: (call) => {
      refuseOptionalGroup(call);
      refuseEmptyMatch(call);
      return `regexp_extract_all(${call.sql(0)}, ${pattern(call)}, ${groupsOf(call)})`;
    },
  },
  REGEXP_REPLACE: {
    arguments: [3, 3],
    sql: (call) => {
      refuseUnknownGroup(call);
      return `bq_regexp_replace(${call.sql(0)}, ${pattern(call)}, ${call.sql(2)})`;
    },
  },
  FORMAT: { arguments: [1, 99], sql: formatSql },
};

function pattern(call: Call): string {
  const text = call.literal(1, "pattern");
  if (/\(\?P?<|\(\?[a-zA-Z]*[^:a-zA-Z)]/.test(text.replaceAll("\\(", ""))) {
    throw new SqlProblem(
      "regexp.group",
      `${call.name} takes no named or look-around groups`,
      "Use ( ) or (?: ).",
    );
  }
  return quote(text);
}

function capturingGroups(call: Call): number {
  const text = call
    .literal(1, "pattern")
    .replace(/\\[\s\S]/g, "")
    .replace(/\[[^\]]*\]/g, "");
  return [...text.matchAll(/\((?!\?)/g)].length;
}

/** BigQuery raises where a replacement names a group that the pattern has not; DuckDB changes nothing. */
function refuseUnknownGroup(call: Call): void {
  const named = [...(literalText(call.node(2)) ?? "").replaceAll("\\\\", "").matchAll(/\\(\d)/g)];
  const highest = Math.max(0, ...named.map(([, group]) => Number(group)));
  if (highest > capturingGroups(call))
    throw new SqlProblem("regexp.group", `${call.name}: the pattern has no group \\${highest}`);
}

/** Number of capturing groups, which decides what is extracted. */
function groupsOf(call: Call): number {
  const groups = capturingGroups(call);
  if (groups > 1) {
    throw new SqlProblem("regexp.group", `${call.name} takes at most one group`, "Make the others (?: ).");
  }
  return groups;
}

/** DuckDB cannot tell a group that matched nothing from one that took no part, where BigQuery answers NULL. */
function refuseOptionalGroup(call: Call): void {
  const text = call
    .literal(1, "pattern")
    .replace(/\\[\s\S]/g, "_")
    .replace(/\[[^\]]*\]/g, "_");
  const outside = text.replace(/\([^()]*\)/g, "_");
  if (/\)(\?|\*|\{0)/.test(text) || (groupsOf(call) === 1 && outside.includes("|"))) {
    throw new SqlProblem(
      "regexp.optional_group",
      `${call.name}: a group that may take no part in the match`,
      "Make the group itself always match, such as (x?).",
    );
  }
}

/** Where a pattern matches nothing at all, the engines count those places differently. */
function refuseEmptyMatch(call: Call): void {
  const text = call.literal(1, "pattern").replace(/^\(\?[a-z]+\)/, "");
  let matchesEmpty = false;
  try {
    matchesEmpty = new RegExp(`^(?:${text})$`).test("");
  } catch {
    return; // RE2 syntax that JavaScript does not have
  }
  if (matchesEmpty)
    throw new SqlProblem(
      "regexp.empty_match",
      `${call.name}: the pattern matches the empty text`,
      "Use + instead of *.",
    );
}

function extract(call: Call, macro: string): string {
  refuseOptionalGroup(call);
  return `${macro}${groupsOf(call) === 1 ? "1" : ""}(${call.sql(0)}, ${pattern(call)})`;
}

/** printf's %d, %s, %f with width and precision; BigQuery's own %t, %T, %p, %' have no counterpart. */
function formatSql(call: Call): string {
  const text = call.literal(0, "format");
  const elements = [...text.matchAll(/%(.*?)([a-zA-Z%])/g)];
  const wrong = elements.find(
    ([, flags = "", type = ""]) => !/^0?\d*(\.\d+)?$/.test(flags) || !"dsfi%".includes(type),
  );
  if (wrong) {
    throw new SqlProblem(
      "format.element",
      `FORMAT does not take ${wrong[0]} here`,
      "Use %d, %s, %f with width and precision, or CONCAT.",
    );
  }
  const shown = elements.filter(([element]) => element !== "%%");
  if (shown.length !== call.args.length - 1) {
    throw new SqlProblem(
      "function.arguments",
      `FORMAT has ${shown.length} elements and ${call.args.length - 1} values`,
    );
  }
  const values = shown.map(([, flags = "", type], index) => {
    const value = call.sql(index + 1);
    return type === "f" ? `, bq_print(${value}, ${flags.split(".")[1] ?? 6})` : `, ${value}`;
  });
  return `printf(${quote(text.replace(/%(0?\d*)i/g, "%$1d"))}${values.join("")})`;
}
