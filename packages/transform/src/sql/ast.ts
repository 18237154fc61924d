import { SqlProblem } from "./problem.ts";

/** A node as the parser gives it: `{ node_type: body }`. */
export type AstNode = Readonly<Record<string, unknown>>;
type Body = Readonly<Record<string, unknown>>;

/** Fields that say how the text was written, not what it means. */
const silent = new Set([
  "trailing_comments",
  "leading_comments",
  "left_comments",
  "operator_comments",
  "pre_alias_comments",
  "span",
  "alias_explicit_as",
  "alias_keyword",
  "alias_first",
  "use_inner_keyword",
  "use_outer_keyword",
  "kind_text",
  "start_side_text",
  "end_side_text",
  "bracket_notation",
  "explicit_asc",
  "postfix_form",
  "modifiers_inside",
  "value_column_parenthesized",
  "group_by_comments",
  "order_by_comments",
  "comments",
  "over_keyword_comments",
]);

/** The node's type: its only key. */
export function typeOf(node: AstNode): string {
  return Object.keys(node)[0] ?? "nothing";
}

export function bodyOf(node: AstNode): Body {
  const body = node[typeOf(node)];
  return typeof body === "object" && body !== null && !Array.isArray(body) ? (body as Body) : {};
}

export function isNode(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The text of an identifier field. */
export function identifierName(value: unknown): string | undefined {
  return isNode(value) && typeof value.name === "string" ? value.name : undefined;
}

/** `literal` of that kind, else undefined. */
export function literalText(node: AstNode | undefined): string | undefined {
  if (node === undefined || typeOf(node) !== "literal") return undefined;
  const { literal_type: type, value } = bodyOf(node);
  if (type === "triple_quoted_string" && Array.isArray(value)) return String(value[0]);
  return type === "string" || type === "raw_string" ? String(value) : undefined;
}

/** The written whole number of a literal, else undefined. */
export function literalInteger(node: AstNode | undefined): string | undefined {
  if (node === undefined || typeOf(node) !== "literal") return undefined;
  const { literal_type: type, value } = bodyOf(node);
  return type === "number" && /^\d+$/.test(String(value)) ? String(value) : undefined;
}

/**
 * Reads the fields of one node and remembers which. A field that nobody read and that says something is a part of the
 * statement we would lose: `done` refuses it. That is the allow-list on the level of clauses.
 */
export class Fields {
  private readonly type: string;
  private readonly body: Body;
  private readonly read = new Set<string>();

  constructor(type: string, body: Body) {
    this.type = type;
    this.body = body;
  }

  raw(name: string): unknown {
    this.read.add(name);
    return this.body[name] ?? undefined;
  }

  node(name: string): AstNode {
    const value = this.raw(name);
    if (!isNode(value))
      throw new SqlProblem("syntax.unsupported", `${words(this.type)} without its ${words(name)}`);
    return value;
  }

  optional(name: string): AstNode | undefined {
    const value = this.raw(name);
    return isNode(value) ? value : undefined;
  }

  list(name: string): AstNode[] {
    const value = this.raw(name);
    return Array.isArray(value) ? (value as AstNode[]) : [];
  }

  flag(name: string): boolean {
    return this.raw(name) === true;
  }

  text(name: string): string | undefined {
    const value = this.raw(name);
    return typeof value === "string" ? value : undefined;
  }

  /** An identifier field: `{name, quoted}`, or plain text. */
  name(field: string): string | undefined {
    const value = this.raw(field);
    if (typeof value === "string") return value;
    return isNode(value) && typeof value.name === "string" ? value.name : undefined;
  }

  done(): void {
    for (const [name, value] of Object.entries(this.body)) {
      if (this.read.has(name) || silent.has(name) || saysNothing(value)) continue;
      throw new SqlProblem("clause.not_allowed", `${words(name)} is not allowed in ${words(this.type)}`);
    }
  }
}

function saysNothing(value: unknown): boolean {
  return (
    value === null ||
    value === false ||
    value === "" ||
    value === 0 ||
    (Array.isArray(value) && value.length === 0)
  );
}

/** `group_by` as a person would say it. */
export function words(name: string): string {
  return name
    .replace(/_(func|clause)$/, "")
    .replaceAll("_", " ")
    .toUpperCase();
}

/** The smallest character offset that a descendant carries; literals and functions carry none themselves. */
export function firstOffset(value: unknown): number | undefined {
  let best: number | undefined;
  const visit = (item: unknown): void => {
    if (Array.isArray(item)) for (const element of item) visit(element);
    else if (isNode(item)) {
      if (isNode(item.span) && typeof item.span.start === "number") {
        best = best === undefined ? item.span.start : Math.min(best, item.span.start);
      }
      for (const [key, child] of Object.entries(item)) if (key !== "span") visit(child);
    }
  };
  visit(value);
  return best;
}
