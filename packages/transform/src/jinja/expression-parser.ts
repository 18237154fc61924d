import type { Token } from "./lexer.ts";
import type { Expression, Value } from "./nodes.ts";
import { JinjaProblem, outside } from "./problem.ts";

const constants: Readonly<Record<string, Value>> = {
  true: true,
  True: true,
  false: false,
  False: false,
  none: null,
  None: null,
};

/** Operators from the loosest to the tightest. */
const levels: readonly (readonly string[])[] = [
  ["or"],
  ["and"],
  ["==", "!=", "<", "<=", ">", ">=", "in", "not in"],
  ["~"],
  ["+", "-"],
  ["*", "/", "//", "%"],
];

/** Reads the tokens of one tag. */
export class ExpressionParser {
  private readonly tokens: readonly Token[];
  private at = 0;

  constructor(tokens: readonly Token[]) {
    this.tokens = tokens;
  }

  /** `a if b else c`, the loosest form. */
  expression(): Expression {
    const value = this.level(0);
    if (!this.skipWord("if")) return value;
    const when = this.level(0);
    const otherwise = this.skipWord("else") ? this.expression() : undefined;
    return { type: "choice", when, yes: value, no: otherwise, offset: value.offset };
  }

  name(): string {
    const token = this.next();
    if (token.type !== "name")
      throw new JinjaProblem(`a name is expected, not ${token.text || "the end"}`, token.offset);
    return token.text;
  }

  word(text: string): void {
    if (!this.skipWord(text)) throw this.missing(text);
  }

  expect(text: string): void {
    if (!this.skip(text)) throw this.missing(text);
  }

  private missing(text: string): JinjaProblem {
    const { text: found, offset } = this.peek();
    return new JinjaProblem(
      `${text} is expected, not ${found || "the end"}`,
      offset,
      "Is a quote, a comma or a bracket missing before it?",
    );
  }

  skip(text: string): boolean {
    const token = this.peek();
    if (token.type !== "operator" || token.text !== text) return false;
    this.at += 1;
    return true;
  }

  end(): void {
    const token = this.peek();
    if (token.type !== "end") throw new JinjaProblem(`${token.text} is not expected here`, token.offset);
  }

  private level(depth: number): Expression {
    const operators = levels[depth];
    if (operators === undefined) return this.unary();
    if (depth === 2 && this.skipWord("not")) {
      const of = this.level(depth);
      return { type: "unary", operator: "not", of, offset: of.offset };
    }
    let left = this.level(depth + 1);
    for (let operator = this.operator(operators); operator; operator = this.operator(operators)) {
      const right = this.level(depth + 1);
      left = { type: "binary", operator, left, right, offset: left.offset };
    }
    return left;
  }

  private operator(among: readonly string[]): string | undefined {
    const token = this.peek();
    if (token.type === "operator" && among.includes(token.text)) {
      this.at += 1;
      return token.text;
    }
    if (token.type !== "name") return undefined;
    if (token.text === "not" && among.includes("not in") && this.tokens[this.at + 1]?.text === "in") {
      this.at += 2;
      return "not in";
    }
    if (!among.includes(token.text)) return undefined;
    this.at += 1;
    return token.text;
  }

  private unary(): Expression {
    const { offset } = this.peek();
    if (this.skip("-")) return { type: "unary", operator: "-", of: this.unary(), offset };
    return this.postfix(this.primary());
  }

  private postfix(start: Expression): Expression {
    let value = start;
    for (;;) {
      const { offset } = this.peek();
      if (this.skip(".")) value = { type: "attribute", of: value, name: this.name(), offset: value.offset };
      else if (this.skip("[")) {
        const key = this.expression();
        this.expect("]");
        value = { type: "item", of: value, key, offset };
      } else if (this.skip("("))
        value = { type: "call", callee: value, ...this.arguments(), offset: value.offset };
      else if (this.skip("|")) {
        const name = this.name();
        value = {
          type: "filter",
          of: value,
          name,
          args: this.skip("(") ? this.arguments().args : [],
          offset,
        };
      } else return value;
    }
  }

  private arguments(): { args: Expression[]; named: [string, Expression][] } {
    const args: Expression[] = [];
    const named: [string, Expression][] = [];
    while (!this.skip(")")) {
      const token = this.peek();
      if (token.type === "name" && this.tokens[this.at + 1]?.text === "=") {
        this.at += 2;
        named.push([token.text, this.expression()]);
      } else args.push(this.expression());
      if (!this.skip(",")) {
        this.expect(")");
        break;
      }
    }
    return { args, named };
  }

  private primary(): Expression {
    const token = this.next();
    const { offset } = token;
    if (token.type === "string") return { type: "value", value: unquote(token.text), offset };
    if (token.type === "number") return { type: "value", value: Number(token.text), offset };
    if (token.type === "name") {
      return Object.hasOwn(constants, token.text)
        ? { type: "value", value: constants[token.text]!, offset }
        : { type: "name", name: token.text, offset };
    }
    if (token.text === "[") return { type: "list", items: this.items("]"), offset };
    if (token.text === "{") return { type: "dict", entries: this.entries(), offset };
    if (token.text === "(") return this.bracketed(offset);
    throw token.type === "end"
      ? new JinjaProblem("an expression is expected", offset)
      : outside(token.text, offset);
  }

  /** `(a)` is a; `(a, b)` a list. */
  private bracketed(offset: number): Expression {
    const items = this.items(")");
    return items.length === 1 ? items[0]! : { type: "list", items, offset };
  }

  private items(close: string): Expression[] {
    const items: Expression[] = [];
    while (!this.skip(close)) {
      items.push(this.expression());
      if (!this.skip(",")) {
        this.expect(close);
        break;
      }
    }
    return items;
  }

  private entries(): [Expression, Expression][] {
    const entries: [Expression, Expression][] = [];
    while (!this.skip("}")) {
      const key = this.expression();
      this.expect(":");
      entries.push([key, this.expression()]);
      if (!this.skip(",")) {
        this.expect("}");
        break;
      }
    }
    return entries;
  }

  private skipWord(text: string): boolean {
    const token = this.peek();
    if (token.type !== "name" || token.text !== text) return false;
    this.at += 1;
    return true;
  }

  private peek(): Token {
    return this.tokens[this.at] ?? this.tokens.at(-1)!;
  }

  private next(): Token {
    const token = this.peek();
    this.at += 1;
    return token;
  }
}

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\([\s\S])/g, (_, char: string) => ({ n: "\n", t: "\t" })[char] ?? char);
}
