import { noField } from "./messages.ts";
import { declaredType, isStruct, type SqlType, type Value } from "./sql-type.ts";

/** A column of a select or of a table. `value` is kept while it may still be a literal, which a set operation coerces. */
export interface OutputColumn {
  name: string | undefined;
  value: Value;
}

/** What a query gives. `isOpen`: there may be more columns than these. */
export interface Shape {
  columns: readonly OutputColumn[];
  isOpen: boolean;
}

export const unknownShape: Shape = { columns: [], isOpen: true };

/** Something in FROM, under its alias. */
interface Relation extends Shape {
  alias: string | undefined;
  /** Elements of an array, whose own columns `*` gives and we do not count. */
  isElements?: boolean;
}

/** Columns as they are declared; types that are not on the list are unknown. */
export function declaredShape(
  columns: readonly { name: string; type: string | null | undefined }[],
  isOpen = false,
): Shape {
  return {
    columns: columns.map(({ name, type }) => ({ name, value: { type: declaredType(type), said: name } })),
    isOpen,
  };
}

const lower = (text: string): string => text.toLowerCase();

/** Names that an expression may use: those of its FROM, then those of the queries around it. */
export class Scope {
  private readonly relations: Relation[] = [];
  /** Columns of USING, which are one. */
  private readonly joined = new Map<string, Value>();
  /** Names of the select list, where a clause knows them. */
  private aliases = new Map<string, Value>();
  private readonly ctes = new Map<string, Shape>();
  private readonly parent: Scope | undefined;

  constructor(parent?: Scope) {
    this.parent = parent;
  }

  add(alias: string | undefined, shape: Shape): void {
    this.relations.push({ alias, ...shape });
  }

  addElements(alias: string | undefined, shape: Shape): void {
    this.relations.push({ alias, ...shape, isElements: true });
  }

  addCte(name: string, shape: Shape): void {
    this.ctes.set(lower(name), asTable(shape));
  }

  cte(name: string): Shape | undefined {
    return this.ctes.get(lower(name)) ?? this.parent?.cte(name);
  }

  join(name: string, value: Value): void {
    this.joined.set(lower(name), value);
  }

  /** The same names and those of the select list, which GROUP BY, HAVING, QUALIFY and ORDER BY know. */
  withAliases(items: readonly OutputColumn[]): Scope {
    const scope = new Scope(this);
    for (const { name, value } of items) if (name !== undefined) scope.aliases.set(lower(name), value);
    return scope;
  }

  /** All columns, as `*` or `t.*` gives them. */
  star(table: string | undefined): Shape {
    const chosen = this.relations.filter(
      ({ alias }) => table === undefined || alias === undefined || lower(alias) === lower(table),
    );
    const isMissing = chosen.length === 0;
    return {
      columns: chosen.flatMap(({ columns, isElements }) => (isElements ? [] : columns)),
      isOpen:
        isMissing ||
        this.joined.size > 0 ||
        chosen.some(({ isOpen, isElements }) => isOpen || isElements === true),
    };
  }

  /** The value a bare name means; undefined type where that cannot be told. */
  column(name: string): Value {
    const found = this.find(name);
    return { type: found?.type, said: name };
  }

  /** `table.name`, or the field `name` of a STRUCT column `table`. */
  qualified(table: string, name: string): Value {
    const said = `${table}.${name}`;
    const relation = this.relation(table);
    if (relation !== undefined) return { type: valueIn(relation, name)?.type, said };
    const whole = this.find(table);
    if (whole !== undefined && lacksField(whole.type, name)) throw noField({ ...whole, said: table }, name);
    return { type: isStruct(whole?.type) ? fieldOf(whole.type, name) : undefined, said };
  }

  /** Of the last relation and those before it: what a column of USING is on both sides. */
  sides(name: string): [Value | undefined, Value | undefined] {
    const right = this.relations.at(-1);
    const joined = this.joined.get(lower(name));
    const left =
      joined === undefined
        ? this.relations.slice(0, -1).flatMap((one) => valueIn(one, name) ?? [])
        : [joined];
    const isClear =
      left.length === 1 &&
      (joined !== undefined || !this.relations.slice(0, -1).some(({ isOpen }) => isOpen));
    return [isClear ? left[0] : undefined, right === undefined ? undefined : valueIn(right, name)];
  }

  private find(name: string): Value | undefined {
    const alias = this.aliases.get(lower(name));
    if (alias !== undefined) return this.agreed(alias, this.parent?.find(name));
    const joined = this.joined.get(lower(name));
    if (joined !== undefined) return joined;
    const found = this.relations.flatMap((relation) => valueIn(relation, name) ?? []);
    if (found.length === 1) return found[0];
    if (found.length > 1 || this.relations.some(({ isOpen }) => isOpen)) return undefined;
    return this.parent?.find(name);
  }

  /** An alias and a column of one name: which of them is meant differs from clause to clause. */
  private agreed(alias: Value, column: Value | undefined): Value | undefined {
    if (column?.type === undefined) return alias;
    return JSON.stringify(alias.type) === JSON.stringify(column.type) ? alias : undefined;
  }

  private relation(alias: string): Relation | undefined {
    const own = this.relations.find(
      (relation) => relation.alias !== undefined && lower(relation.alias) === lower(alias),
    );
    return own ?? this.parent?.relation(alias);
  }
}

/** Columns read from a table are no literals any more. */
export function asTable({ columns, isOpen }: Shape): Shape {
  return {
    columns: columns.map(({ name, value }) => ({ name, value: { type: value.type, said: value.said } })),
    isOpen,
  };
}

function valueIn({ columns }: Shape, name: string): Value | undefined {
  const found = columns.filter((column) => column.name !== undefined && lower(column.name) === lower(name));
  return found.length === 1 ? found[0]!.value : undefined;
}

export function fieldOf(type: SqlType | undefined, name: string): SqlType | undefined {
  if (type === "JSON") return "JSON";
  if (!isStruct(type)) return undefined;
  const found = type.struct.filter((field) => field.name !== undefined && lower(field.name) === lower(name));
  return found.length === 1 ? found[0]!.type : undefined;
}

/** Whether a value surely has no field of that name: a number, or a STRUCT whose fields are all told. */
export function lacksField(type: SqlType | undefined, name: string): boolean {
  if (type === undefined || type === "JSON") return false;
  if (!isStruct(type)) return true;
  return !type.struct.some((field) => field.name === undefined || lower(field.name) === lower(name));
}
