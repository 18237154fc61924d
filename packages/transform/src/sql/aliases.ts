import { isAggregate, isMadeOfAggregates } from "./aggregates.ts";
import { type AstNode, bodyOf, firstOffset, identifierName, isNode, typeOf } from "./ast.ts";
import type { Sources } from "./from.ts";
import { SqlProblem } from "./problem.ts";

/** Aliases of a select list by lower-case name: where they stand and what they name. */
export type Aliases = ReadonlyMap<string, { ordinal: number; value: AstNode }>;

/** An output column: its name, if the text gives one, and the expression. */
export function namedValue(item: AstNode): [string | undefined, AstNode] {
  const body = bodyOf(item);
  const type = typeOf(item);
  if (type === "alias") return [identifierName(body.alias), body.this as AstNode];
  if (type === "column") return [identifierName(body.name), item];
  if (type === "dot") return [identifierName(body.field), item];
  return [undefined, item];
}

export function aliasesOf(items: readonly AstNode[]): Aliases {
  const aliases = new Map<string, { ordinal: number; value: AstNode }>();
  items.forEach((item, index) => {
    const [name, value] = namedValue(item);
    if (typeOf(item) === "alias" && name !== undefined)
      aliases.set(name.toLowerCase(), { ordinal: index + 1, value });
  });
  return aliases;
}

/** The alias that a bare column means, if there is one of its name. */
export function aliasOf(item: AstNode, aliases: Aliases): { ordinal: number; value: AstNode } | undefined {
  const body = bodyOf(item);
  if (typeOf(item) !== "column" || isNode(body.table)) return undefined;
  return aliases.get(identifierName(body.name)?.toLowerCase() ?? "");
}

const queries = new Set(["select", "union", "intersect", "except"]);

/**
 * Where an alias and a column of a table have one name, BigQuery's HAVING, QUALIFY and ORDER BY mean the alias, DuckDB's the
 * column. Putting in the named expression leaves no doubt. Sub-queries have names of their own and are left alone.
 * Throws `SqlProblem aggregate.of_aggregate` for `SUM(total)` where `total` is itself a sum, as BigQuery does.
 */
export function withAliases<T>(value: T, aliases: Aliases, within: "aggregate" | "window" | "" = ""): T {
  if (aliases.size === 0) return value;
  if (Array.isArray(value)) return value.map((item) => withAliases(item, aliases, within)) as T;
  if (!isNode(value) || queries.has(typeOf(value))) return value;
  const named = aliasOf(value, aliases);
  if (named !== undefined) {
    if (within === "aggregate" && isMadeOfAggregates(named.value)) throw aggregateTwice(value);
    return { paren: { this: named.value } } as T;
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      withAliases(child, aliases, below(value, key, within)),
    ]),
  ) as T;
}

/** `SUM(x) OVER (…)` may stand over another aggregate, `SUM(x)` may not. */
function below(node: AstNode, key: string, within: "aggregate" | "window" | ""): typeof within {
  if (key === "window_function") return "window";
  if (isAggregate(node)) return within === "window" ? "" : "aggregate";
  return within === "window" && key === "over" ? "" : within;
}

function aggregateTwice(column: AstNode): SqlProblem {
  const name = identifierName(bodyOf(column).name);
  return new SqlProblem(
    "aggregate.of_aggregate",
    `${name} means the ${name} of the select list here, which is an aggregate already`,
    `Write ${name} alone for that value, name the table for the column (t.${name}), or give the alias another name.`,
    firstOffset(column),
  );
}

/**
 * BigQuery's WHERE and select list know no alias of the same select list: a name there is a column. DuckDB takes the alias where no
 * column has the name, so the only table is named beside it, and where several could be meant the author has to.
 * `before`: aliases from this place of the list on are not known there anyway.
 * Throws `SqlProblem name.alias_or_column`.
 */
export function withoutAliases<T>(
  value: T,
  aliases: Aliases,
  from: Sources,
  before = Number.POSITIVE_INFINITY,
): T {
  if (aliases.size === 0) return value;
  if (Array.isArray(value)) return value.map((item) => withoutAliases(item, aliases, from, before)) as T;
  if (!isNode(value) || queries.has(typeOf(value))) return value;
  const named = aliasOf(value, aliases);
  if (named !== undefined && named.ordinal < before && !isSameColumn(value, named.value))
    return ofTable(value, from) as T;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [key, withoutAliases(child, aliases, from, before)]),
  ) as T;
}

/** `a AS a`: it is the column whichever is meant. */
function isSameColumn(column: AstNode, named: AstNode): boolean {
  const nameOf = (node: AstNode) => identifierName(bodyOf(node).name)?.toLowerCase();
  return typeOf(named) === "column" && nameOf(column) === nameOf(named);
}

function ofTable(column: AstNode, { table, elements }: Sources): AstNode {
  const body = bodyOf(column);
  const name = identifierName(body.name) ?? "";
  if (elements.has(name.toLowerCase())) return column;
  if (table !== undefined) return { column: { ...body, table: { name: table, quoted: true } } };
  throw new SqlProblem(
    "name.alias_or_column",
    `${name} is an alias of this select list, and in BigQuery only a column can be meant here`,
    `Name the column's table (t.${name}), or give the value its name in a WITH query and read it from there.`,
    firstOffset(column),
  );
}

/** A bare alias in ORDER BY means the alias on both engines; inside an expression only on BigQuery. */
export function withAliasesInOrder(items: readonly AstNode[], aliases: Aliases): AstNode[] {
  return items.map((item) => {
    const isBare = isNode(item.this) && typeOf(item.this) === "column";
    return isBare ? item : withAliases(item, aliases);
  });
}
