import { type AstNode, bodyOf, literalText, typeOf } from "../ast.ts";
import { SqlProblem } from "../problem.ts";
import type { Renderer } from "../render.ts";

/** One call of a BigQuery function: its written name and its arguments. */
export class Call {
  readonly name: string;
  readonly args: readonly AstNode[];
  readonly render: Renderer;

  constructor(name: string, args: readonly AstNode[], render: Renderer) {
    this.name = name;
    this.args = args;
    this.render = render;
  }

  /** DuckDB's text of an argument. */
  sql(index: number): string {
    return this.render.expr(this.node(index));
  }

  node(index: number): AstNode {
    const node = this.args[index];
    if (node === undefined)
      throw new SqlProblem("function.arguments", `${this.name} needs more than ${index} arguments`);
    return node;
  }

  /** An argument whose text must stand in the statement: formats, patterns, paths, zones. */
  literal(index: number, what: string): string {
    const text = literalText(this.node(index));
    if (text !== undefined) return text;
    throw new SqlProblem(
      "function.literal",
      `${this.name} takes its ${what} only as a literal`,
      `Write the ${what} in quotes.`,
    );
  }

  /** A date part: `MONTH`, or `WEEK(MONDAY)`. */
  part(index: number): string {
    const node = this.node(index);
    const body = bodyOf(node);
    switch (typeOf(node)) {
      case "var":
        return String(body.this).toUpperCase();
      case "column":
        return String((body.name as { name: unknown }).name).toUpperCase();
      case "function": {
        const [day] = body.args as AstNode[];
        if (String(body.name).toUpperCase() === "WEEK" && day !== undefined) {
          return `WEEK(${new Call("WEEK", [day], this.render).part(0)})`;
        }
      }
    }
    throw new SqlProblem(
      "date.part",
      `${this.name} needs a date part here`,
      "Write DAY, WEEK(MONDAY), MONTH, …",
    );
  }
}

export interface FunctionRule {
  /** Fewest and most arguments. */
  arguments: readonly [number, number];
  sql: (call: Call) => string;
}

/**
 * Rules from text: `$1` is the first argument. Several templates for one name differ by their number of arguments:
 * `["lpad($1, $2, ' ')", "lpad($1, $2, $3)"]`.
 */
export function templates(
  texts: Readonly<Record<string, string | readonly string[]>>,
): Record<string, FunctionRule> {
  const rules: Record<string, FunctionRule> = {};
  for (const [name, given] of Object.entries(texts)) {
    const byCount = new Map(
      (typeof given === "string" ? [given] : given).map((text) => [highest(text), text]),
    );
    const counts = [...byCount.keys()];
    rules[name] = {
      arguments: [Math.min(...counts), Math.max(...counts)],
      sql: (call) => fill(byCount.get(call.args.length), call),
    };
  }
  return rules;
}

function highest(template: string): number {
  return Math.max(0, ...[...template.matchAll(/\$(\d)/g)].map((match) => Number(match[1])));
}

function fill(template: string | undefined, call: Call): string {
  if (template === undefined)
    throw new SqlProblem("function.arguments", `${call.name} does not take ${call.args.length} arguments`);
  return template.replace(/\$(\d)/g, (_, index: string) => call.sql(Number(index) - 1));
}
