import { type AstNode, bodyOf, identifierName, isNode, typeOf } from "../ast.ts";
import { type Checker, child, children, within } from "./checker.ts";
import { supertype } from "./coercions.ts";
import { mustBeBool } from "./expressions.ts";
import { badArgument, noJoin } from "./messages.ts";
import { asTable, type OutputColumn, type Scope, type Shape, unknownShape } from "./scope.ts";
import { isArray, isStruct, type SqlType, type Value } from "./sql-type.ts";

/** Puts what a SELECT reads into its scope, one relation after another: UNNEST and ON see those before them. */
export function addFrom(node: AstNode, scope: Scope, checker: Checker): void {
  const from = child(node, "from");
  for (const item of (from?.expressions ?? []) as AstNode[]) addRelation(item, scope, checker);
  for (const join of children(node, "joins")) addJoin(join, scope, checker);
}

function addJoin(join: AstNode, scope: Scope, checker: Checker): void {
  addRelation(join.this as AstNode, scope, checker);
  if (isNode(join.on)) mustBeBool("ON", join.on, scope, checker);
  for (const name of (Array.isArray(join.using) ? join.using : []) as AstNode[]) {
    const column = identifierName(isNode(name.column) ? name.column.name : name);
    if (column !== undefined) within(checker, name, () => joinColumn(column, String(join.kind), scope));
  }
}

/** A column of USING: both sides must be comparable; it is one column from here on. */
function joinColumn(name: string, kind: string, scope: Scope): void {
  const [left, right] = scope.sides(name);
  const unknown: Value = { type: undefined, said: name };
  if (left !== undefined && right !== undefined) {
    const found = supertype([left, right]);
    if ("conflict" in found) throw noJoin(name, left, right);
    if (left.type === "JSON") throw noJoin(name, left, right);
    const type = kind === "Full" ? found.type : kind === "Right" ? right.type : left.type;
    scope.join(name, { type, said: name });
  } else scope.join(name, unknown);
}

function addRelation(node: AstNode, scope: Scope, checker: Checker): void {
  within(checker, node, () => addOne(node, scope, checker));
}

function addOne(node: AstNode, scope: Scope, checker: Checker): void {
  const inside = typeOf(node) === "alias" ? child(node, "this") : undefined;
  switch (typeOf(inside ?? node)) {
    case "unnest":
      addUnnest(inside ?? node, identifierName(bodyOf(node).alias), scope, checker);
      break;
    case "table":
      addTable(node, scope, checker);
      break;
    case "subquery":
      scope.add(
        identifierName(bodyOf(node).alias),
        asTable(checker.query(child(inside ?? node, "this")!, scope)),
      );
      break;
    case "paren":
      addRelation(child(node, "this")!, scope, checker);
      break;
    case "joined_table":
      addRelation(child(node, "left")!, scope, checker);
      for (const join of children(node, "joins")) addJoin(join, scope, checker);
      break;
    default:
      scope.add(undefined, unknownShape);
  }
}

function addTable(node: AstNode, scope: Scope, checker: Checker): void {
  const body = bodyOf(node);
  const parts = [body.catalog, body.schema, body.name]
    .map(identifierName)
    .filter((part) => part !== undefined)
    .flatMap((part) => part.split("."));
  const cte = parts.length === 1 ? scope.cte(parts[0]!) : undefined;
  const shape = cte ?? checker.tables(parts) ?? unknownShape;
  scope.add(identifierName(body.alias) ?? parts.at(-1), shape);
}

/** The elements of an array under their alias; those of STRUCTs show their fields. */
function addUnnest(node: AstNode, outer: string | undefined, scope: Scope, checker: Checker): void {
  const array = child(node, "this")!;
  const value = checker.value(array, scope);
  if (value.type !== undefined && !isArray(value.type) && value.literal !== "null")
    throw badArgument("UNNEST", value, "an ARRAY");
  const element = isArray(value.type) ? value.type.array : undefined;
  const alias = outer ?? identifierName(bodyOf(node).alias);
  scope.addElements(alias, elementShape(alias, element));
  if (bodyOf(node).with_ordinality !== true) return;
  const offset = identifierName(bodyOf(node).offset_alias) ?? "offset";
  scope.add(undefined, {
    columns: [{ name: offset, value: { type: "INT64", said: offset } }],
    isOpen: false,
  });
}

function elementShape(alias: string | undefined, element: SqlType | undefined): Shape {
  const whole: OutputColumn[] =
    alias === undefined ? [] : [{ name: alias, value: { type: element, said: alias } }];
  const fields = isStruct(element)
    ? element.struct.map(({ name, type }) => ({
        name,
        value: { type, said: `${alias ?? ""}.${name ?? ""}` },
      }))
    : [];
  return { columns: [...whole, ...fields], isOpen: element === undefined || alias === undefined };
}
