import { ExpressionParser } from "./expression-parser.ts";
import { type Piece, pieces } from "./lexer.ts";
import type { Macro, Template, TemplateNode } from "./nodes.ts";
import { JinjaProblem, outside } from "./problem.ts";

export interface ParsedTemplate {
  body: Template;
  macros: Macro[];
}

/** Reads a file. Macros are collected apart; a macro inside something else is outside the subset. */
export function parseTemplate(source: string, file: string): ParsedTemplate {
  return new TemplateParser(pieces(source), file).parse();
}

class TemplateParser {
  private readonly pieces: Piece[];
  private readonly file: string;
  private readonly macros: Macro[] = [];
  private at = 0;

  constructor(all: Piece[], file: string) {
    this.pieces = all;
    this.file = file;
  }

  parse(): ParsedTemplate {
    const body = this.block([]);
    return { body, macros: this.macros };
  }

  /** Nodes up to a statement that begins with one of `until`, which stays unread. */
  private block(until: readonly string[]): Template {
    const nodes: Template = [];
    const opened = this.pieces[this.at - 1];
    for (;;) {
      const piece = this.pieces[this.at];
      if (piece === undefined) {
        if (until.length === 0) return nodes;
        throw new JinjaProblem(`{% ${until.at(-1)} %} is missing`, opened?.offset ?? 0);
      }
      if (piece.kind === "statement" && until.includes(piece.tokens[0]?.text ?? "")) return nodes;
      this.at += 1;
      const node = this.node(piece);
      if (node) nodes.push(node);
    }
  }

  private node(piece: Piece): TemplateNode | undefined {
    if (piece.kind === "text") return { type: "text", text: piece.text, offset: piece.offset };
    const parser = new ExpressionParser(piece.tokens);
    if (piece.kind === "output") {
      const expression = parser.expression();
      parser.end();
      return { type: "output", expression, offset: piece.offset };
    }
    const word = parser.name();
    switch (word) {
      case "if":
        return this.conditional(parser, piece.offset);
      case "for":
        return this.loop(parser, piece.offset);
      case "set":
        return assignment(parser, piece.offset);
      case "macro":
        this.macro(parser, piece.offset);
        return undefined;
      default:
        throw outside(`{% ${word} %}`, piece.offset);
    }
  }

  private conditional(first: ExpressionParser, offset: number): TemplateNode {
    const branches: { when: ReturnType<ExpressionParser["expression"]> | undefined; body: Template }[] = [];
    let when: ReturnType<ExpressionParser["expression"]> | undefined = first.expression();
    first.end();
    for (;;) {
      const body = this.block(when === undefined ? ["endif"] : ["elif", "else", "endif"]);
      branches.push({ when, body });
      const parser = this.nextStatement();
      const word = parser.name();
      when = word === "elif" ? parser.expression() : undefined;
      parser.end();
      if (word === "endif") return { type: "if", branches, offset };
    }
  }

  private loop(parser: ExpressionParser, offset: number): TemplateNode {
    const names = [parser.name()];
    while (parser.skip(",")) names.push(parser.name());
    parser.word("in");
    const over = parser.expression();
    parser.end();
    const body = this.block(["endfor"]);
    this.nextStatement();
    return { type: "for", names, over, body, offset };
  }

  private macro(parser: ExpressionParser, offset: number): void {
    const name = parser.name();
    const parameters: Macro["parameters"] = [];
    parser.expect("(");
    while (!parser.skip(")")) {
      const parameter = parser.name();
      parameters.push({ name: parameter, default: parser.skip("=") ? parser.expression() : undefined });
      if (!parser.skip(",")) {
        parser.expect(")");
        break;
      }
    }
    parser.end();
    const body = this.block(["endmacro"]);
    this.nextStatement();
    this.macros.push({ name, parameters, body, file: this.file, offset });
  }

  private nextStatement(): ExpressionParser {
    const piece = this.pieces[this.at];
    if (piece === undefined || piece.kind !== "statement")
      throw new JinjaProblem("a closing tag is missing", 0);
    this.at += 1;
    return new ExpressionParser(piece.tokens);
  }
}

function assignment(parser: ExpressionParser, offset: number): TemplateNode {
  const name = parser.name();
  if (!parser.skip("=")) throw outside("a {% set %} block", offset);
  const value = parser.expression();
  parser.end();
  return { type: "set", name, value, offset };
}
