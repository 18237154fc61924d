import { type AstNode, isNode } from "./ast.ts";
import { blankLiterals } from "./polyglot.ts";
import { SqlProblem } from "./problem.ts";

/** Words of the grammar that the tree holds as structure, not as text; last those it spells in another way. */
const structural = new Set(
  `ALL AND ANY ARRAY AS ASC AT BETWEEN BY CASE CAST CROSS CUBE CURRENT DATE DATETIME DESC DISTINCT ELSE END EXCEPT EXISTS
  EXTRACT FALSE FIRST FOLLOWING FOR FROM FULL GROUP GROUPING HAVING IF IGNORE IN INNER INTERSECT INTERVAL IS JOIN JSON LAST
  LATERAL LEFT LIKE LIMIT MAX MIN NOT NULL NULLS NUMERIC DECIMAL OFFSET ON OR ORDER OUTER OVER PARTITION PIVOT PRECEDING
  QUALIFY RANGE RECURSIVE REPLACE RESPECT RIGHT ROLLUP ROW ROWS SAFE_CAST SELECT SETS SOME STRUCT THEN TIMESTAMP TIME TO TRUE
  UNBOUNDED UNION UNNEST UNPIVOT USING VALUE WHEN WHERE WINDOW WITH ZONE
  BOOL CHARACTER_LENGTH CHAR_LENGTH INSTR LOG NTILE POW STRPOS SUBSTR WEEK`.split(/\s+/),
);

/** How often a word must be found in the tree, as a field that says something. */
const counted: Readonly<Record<string, readonly string[]>> = {
  DISTINCT: ["distinct", "null_safe_eq", "null_safe_neq"],
  IGNORE: ["ignore_nulls"],
  LIMIT: ["limit"],
  HAVING: ["having", "having_max"],
  QUALIFY: ["qualify"],
  WHERE: ["where_clause", "filter"],
  OVER: ["over"],
  GROUP: ["group_by"],
  UNNEST: ["unnest"],
};

/**
 * Refuses a text of which the parser lost a part: a word that is neither in the tree nor a known word of the grammar, or a
 * DISTINCT, LIMIT, IGNORE NULLS … fewer than were written. Without it a construct that the parser reads over would change
 * its meaning in silence.
 */
export function refuseLostWords(sql: string, query: AstNode): void {
  const { texts, fields } = inventory(query);
  const written = new Map<string, number>();
  for (const match of withoutQuoted(sql).matchAll(/(?<![\w@.])[A-Za-z_]\w*/g)) {
    const word = match[0].toUpperCase();
    written.set(word, (written.get(word) ?? 0) + 1);
    if (structural.has(word) || texts.has(word)) continue;
    throw lost(match[0], match.index);
  }
  const respected = /\bPERCENTILE_(?:CONT|DISC)\b(?:(?!\bOVER\b)[^;])*?\b(RESPECT)\b/i.exec(
    withoutQuoted(sql),
  );
  if (respected) throw lost("RESPECT", respected.index + respected[0].length - "RESPECT".length);
  for (const [word, names] of Object.entries(counted)) {
    const inTree = names.reduce((sum, name) => sum + (fields.get(name) ?? 0), 0);
    if ((written.get(word) ?? 0) <= inTree) continue;
    throw lost(word, withoutQuoted(sql).toUpperCase().lastIndexOf(word));
  }
}

function lost(word: string, offset: number): SqlProblem {
  return new SqlProblem(
    "syntax.lost_word",
    `${word} was read over by the parser, so the query would mean something else`,
    "Write this part another way.",
    offset,
  );
}

function withoutQuoted(sql: string): string {
  return blankLiterals(sql).replace(/`[^`]*`/g, (name) => " ".repeat(name.length));
}

/** Every word that stands in the tree as text, and how often each field says something. */
function inventory(query: AstNode): { texts: Set<string>; fields: Map<string, number> } {
  const texts = new Set<string>();
  const fields = new Map<string, number>();
  const visit = (value: unknown): void => {
    if (typeof value === "string") {
      for (const word of value.toUpperCase().match(/[A-Z_]\w*/g) ?? []) texts.add(word);
    } else if (Array.isArray(value)) {
      for (const item of value) visit(item);
    } else if (isNode(value)) {
      for (const [name, child] of Object.entries(value)) {
        if (name === "span" || name === "trailing_comments" || name === "leading_comments") continue;
        texts.add(name.toUpperCase());
        for (const word of name.toUpperCase().split("_")) texts.add(word);
        if (says(child)) fields.set(name, (fields.get(name) ?? 0) + 1);
        visit(child);
      }
    }
  };
  visit(query);
  return { texts, fields };
}

function says(value: unknown): boolean {
  return (
    value !== null && value !== false && value !== undefined && !(Array.isArray(value) && value.length === 0)
  );
}
