import { type AstNode, bodyOf, Fields, literalInteger, typeOf, words } from "./ast.ts";
import { locate } from "./place.ts";
import { SqlProblem } from "./problem.ts";

/** Turns one node into DuckDB text; reads every field it knows from `fields`. */
export type Handler = (fields: Fields, render: Renderer, node: AstNode) => string;
export type Handlers = Readonly<Record<string, Handler>>;

export interface RenderOptions {
  /** The text that was parsed, for positions. */
  sql: string;
  /** DuckDB's name of a table that is no CTE, given its dotted parts. Throws `SqlProblem` when it may not be read. */
  table: (parts: readonly string[]) => string;
  /** Whether that is a table, whose rows have ids in DuckDB, and no view. */
  hasRowIds?: ((parts: readonly string[]) => boolean) | undefined;
  expressions: Handlers;
  queries: Handlers;
}

/**
 * The checked rewrite: BigQuery's syntax tree in, DuckDB's text out. A node without a handler and a clause that no handler
 * read are refused, so what comes out was understood whole. It writes the text itself instead of going back through the
 * parser's generator, which changes expressions on its own.
 */
export class Renderer {
  private readonly options: RenderOptions;
  private readonly ctes: Set<string>[] = [];
  private names = 0;

  constructor(options: RenderOptions) {
    this.options = options;
  }

  /** An expression. Throws `SqlProblem` with the place of what is refused. */
  expr(node: AstNode): string {
    return this.apply(this.options.expressions, node);
  }

  /** A query, or something that stands in FROM. */
  query(node: AstNode): string {
    return this.apply(this.options.queries, node);
  }

  exprs(nodes: readonly AstNode[]): string[] {
    return nodes.map((node) => this.expr(node));
  }

  /** As `expr`, but a whole number stays bare: ordinals, LIMIT, frame bounds and operands beside a column. */
  plain(node: AstNode): string {
    return literalInteger(node) ?? this.expr(node);
  }

  table(parts: readonly string[]): string {
    return this.options.table(parts);
  }

  hasRowIds(parts: readonly string[]): boolean {
    return this.options.hasRowIds?.(parts) ?? false;
  }

  isCte(name: string): boolean {
    return this.ctes.some((scope) => scope.has(name.toLowerCase()));
  }

  /** Runs `work` with those names known as CTEs. */
  withCtes<T>(work: (declare: (name: string) => void) => T): T {
    const scope = new Set<string>();
    this.ctes.push(scope);
    try {
      return work((name) => scope.add(name.toLowerCase()));
    } finally {
      this.ctes.pop();
    }
  }

  /** A name that no author wrote. */
  freshName(stem: string): string {
    this.names += 1;
    return `_${stem}_${this.names}`;
  }

  /** Runs `work`; what it refuses without a place is at `node`. */
  at<T>(node: AstNode, work: () => T): T {
    try {
      return work();
    } catch (error) {
      if (error instanceof SqlProblem) error.offset ??= locate(this.options.sql, node);
      throw error;
    }
  }

  private apply(handlers: Handlers, node: AstNode): string {
    const type = typeOf(node);
    return this.at(node, () => {
      const handler = handlers[type];
      if (handler === undefined) {
        throw new SqlProblem(
          "construct.not_allowed",
          `${words(type)} is not on the allow-list`,
          "packages/transform/README.md lists what is, and how to add to it.",
        );
      }
      const fields = new Fields(type, bodyOf(node));
      const text = handler(fields, this, node);
      fields.done();
      return text;
    });
  }
}
