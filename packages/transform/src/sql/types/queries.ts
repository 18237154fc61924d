import { namedValue } from "../aliases.ts";
import { type AstNode, bodyOf, identifierName, isNode, literalInteger, typeOf } from "../ast.ts";
import { mustBeKey, orderKeys, windowKeys } from "./calls.ts";
import { type Checker, child, children, within } from "./checker.ts";
import { abilities, supertype } from "./coercions.ts";
import { mustBeBool } from "./expressions.ts";
import { addFrom } from "./from.ts";
import { noKey, noUnion } from "./messages.ts";
import { asTable, type OutputColumn, Scope, type Shape, unknownShape } from "./scope.ts";

/** What a query gives, its parts checked on the way. `outer`: names around it. */
export function shapeOf(node: AstNode, outer: Scope | undefined, checker: Checker): Shape {
  switch (typeOf(node)) {
    case "select":
      return select(node, withCtes(node, outer, checker), checker);
    case "union":
    case "intersect":
    case "except":
      return setOperation(node, withCtes(node, outer, checker), checker);
    case "subquery":
      return shapeOf(child(node, "this")!, withCtes(node, outer, checker), checker);
    default:
      return unknownShape;
  }
}

function withCtes(node: AstNode, outer: Scope | undefined, checker: Checker): Scope {
  const scope = new Scope(outer);
  const clause = child(node, "with");
  if (clause === undefined) return scope;
  const ctes = (clause.ctes ?? []) as AstNode[];
  if (clause.recursive === true)
    for (const cte of ctes) scope.addCte(identifierName(cte.alias) ?? "", unknownShape);
  for (const cte of ctes) {
    const shape = shapeOf(cte.this as AstNode, scope, checker);
    scope.addCte(identifierName(cte.alias) ?? "", clause.recursive === true ? loosened(shape) : shape);
  }
  return scope;
}

/** A recursive query's types are those of its first part, which the common ones need not be. */
function loosened({ columns, isOpen }: Shape): Shape {
  return {
    isOpen,
    columns: columns.map(({ name, value }) => ({ name, value: { ...value, type: undefined } })),
  };
}

function select(node: AstNode, names: Scope, checker: Checker): Shape {
  const scope = new Scope(names);
  addFrom(node, scope, checker);
  const shape = selectList(children(node, "expressions"), scope, checker);
  condition("WHERE", child(node, "where_clause"), scope, checker);
  const after = scope.withAliases(shape.columns);
  groupKeys(child(node, "group_by"), after, shape, checker);
  condition("HAVING", child(node, "having"), after, checker);
  condition("QUALIFY", child(node, "qualify"), after, checker);
  for (const window of children(node, "windows"))
    if (isNode(window.spec)) windowKeys(window.spec, scope, checker);
  const order = child(node, "order_by");
  if (order !== undefined) orderKeys(written((order.expressions ?? []) as AstNode[]), after, checker);
  if (bodyOf(node).distinct === true) distinctColumns("SELECT DISTINCT", shape, node, checker);
  return shape;
}

/** Without `ORDER BY 2`, which names a column by its place. */
function written(items: readonly AstNode[]): AstNode[] {
  return items.filter((item) => isNode(item.this) && literalInteger(item.this) === undefined);
}

function condition(clause: string, node: AstNode | undefined, scope: Scope, checker: Checker): void {
  if (node !== undefined && isNode(node.this)) mustBeBool(clause, node.this, scope, checker);
}

function selectList(items: readonly AstNode[], scope: Scope, checker: Checker): Shape {
  const parts = items.map((item): Shape => {
    if (typeOf(item) === "star") return starShape(item, scope, checker);
    const [name, expression] = namedValue(item);
    return { columns: [{ name, value: checker.value(expression, scope) }], isOpen: false };
  });
  return { columns: parts.flatMap(({ columns }) => columns), isOpen: parts.some(({ isOpen }) => isOpen) };
}

/** `* EXCEPT (a) REPLACE (b + 1 AS b)`. */
function starShape(item: AstNode, scope: Scope, checker: Checker): Shape {
  const all = scope.star(identifierName(bodyOf(item).table));
  const left = new Set(
    children(item, "except").map((name) => (identifierName(name) ?? String(name)).toLowerCase()),
  );
  const changed = new Map(
    children(item, "replace").map((alias) => [
      (identifierName(alias.alias) ?? "").toLowerCase(),
      checker.value(alias.this as AstNode, scope),
    ]),
  );
  const columns = all.columns
    .filter(({ name }) => name === undefined || !left.has(name.toLowerCase()))
    .map(({ name, value }) => ({ name, value: changed.get(name?.toLowerCase() ?? "") ?? value }));
  return { ...asTable({ columns, isOpen: all.isOpen }) };
}

function groupKeys(node: AstNode | undefined, scope: Scope, shape: Shape, checker: Checker): void {
  for (const item of (node?.expressions ?? []) as AstNode[]) {
    const ordinal = literalInteger(item);
    const column = ordinal === undefined ? undefined : shape.columns[Number(ordinal) - 1];
    if (ordinal === undefined) {
      if (!/^(ROLLUP|CUBE|GROUPING SETS)$/i.test(String(bodyOf(item).name)))
        mustBeKey("GROUP BY", "group", item, scope, checker);
    } else if (column?.value.type !== undefined && !shape.isOpen && !abilities.group(column.value.type)) {
      throw noKey("GROUP BY", column.value);
    }
  }
}

/** All columns told apart: SELECT DISTINCT, UNION DISTINCT. */
function distinctColumns(clause: string, { columns }: Shape, node: AstNode, checker: Checker): void {
  const odd = columns.find(({ value }) => value.type !== undefined && !abilities.group(value.type));
  if (odd === undefined) return;
  within(checker, node, () => {
    throw noKey(clause, { ...odd.value, said: odd.name ?? odd.value.said });
  });
}

/** Column by column the common type of all parts. A literal in a select list takes the others' type. */
function setOperation(node: AstNode, scope: Scope, checker: Checker): Shape {
  const operation = typeOf(node).toUpperCase();
  const parts = branches(node, typeOf(node)).map((part) => ({ part, shape: shapeOf(part, scope, checker) }));
  const first = parts[0]!.shape;
  if (parts.some(({ shape }) => shape.isOpen)) return { columns: [], isOpen: true };
  const columns = first.columns.map((column, index): OutputColumn => {
    const values = parts.flatMap(({ shape }) => shape.columns[index]?.value ?? []);
    const found = supertype(values);
    if (!("conflict" in found))
      return { name: column.name, value: { type: found.type, said: column.name ?? "…" } };
    const guilty =
      parts.findLast(({ shape }) => shape.columns[index]?.value === found.conflict[1]) ?? parts.at(-1)!;
    const item = children(guilty.part, "expressions")[index] ?? guilty.part;
    return within(checker, item, () => {
      throw noUnion(operation, index + 1, column.name, ...found.conflict);
    });
  });
  const shape = { columns, isOpen: false };
  if (bodyOf(node).all !== true) distinctColumns(`${operation} DISTINCT`, shape, node, checker);
  return shape;
}

/** `a UNION ALL b UNION ALL c` comes as pairs; BigQuery takes all of them together. */
function branches(node: AstNode, type: string): AstNode[] {
  const left = child(node, "left")!;
  const isSame = typeOf(left) === type && bodyOf(left).with == null && bodyOf(left).all === bodyOf(node).all;
  return [...(isSame ? branches(left, type) : [left]), child(node, "right")!];
}
