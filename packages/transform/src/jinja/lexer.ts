import { JinjaProblem, outside } from "./problem.ts";

/** One piece of a template: text as it stands, or the tokens between `{{ }}` or `{% %}`. */
export type Piece =
  | { kind: "text"; text: string; offset: number }
  | { kind: "output" | "statement"; tokens: Token[]; offset: number };

export interface Token {
  type: "name" | "string" | "number" | "operator" | "end";
  text: string;
  offset: number;
}

const TAG = /\{\{-?|\{%-?|\{#-?/g;
const closers: Readonly<Record<string, RegExp>> = { "{{": /-?\}\}/g, "{%": /-?%\}/g, "{#": /-?#\}/g };

/** Cuts a template into pieces. Throws `JinjaProblem` for a tag that is never closed or holds what no expression holds. */
export function pieces(source: string): Piece[] {
  const found: Piece[] = [];
  let at = 0;
  let trimNext = false;
  const text = (until: number, trimEnd: boolean): void => {
    const raw = source.slice(at, until);
    const start = trimNext ? at + (raw.length - raw.trimStart().length) : at;
    const body = trimNext ? raw.trimStart() : raw;
    const kept = trimEnd ? body.trimEnd() : body;
    if (kept !== "") found.push({ kind: "text", text: kept, offset: start });
  };
  for (TAG.lastIndex = 0; ; ) {
    TAG.lastIndex = at;
    const open = TAG.exec(source);
    if (open === null) break;
    text(open.index, open[0].endsWith("-"));
    const inside = open.index + open[0].length;
    const tag = open[0].slice(0, 2);
    const end = tag === "{#" ? closeComment(source, inside, open.index) : undefined;
    if (end !== undefined) {
      at = end.at;
      trimNext = end.trims;
      continue;
    }
    const { tokens, next, trims } = tokenise(source, inside, tag, open.index);
    found.push({ kind: tag === "{{" ? "output" : "statement", tokens, offset: open.index });
    at = next;
    trimNext = trims;
  }
  text(source.length, false);
  return found;
}

function closeComment(source: string, from: number, start: number): { at: number; trims: boolean } {
  const close = closers["{#"]!;
  close.lastIndex = from;
  const match = close.exec(source);
  if (match === null) throw new JinjaProblem("the comment {# is never closed", start, "Write #} after it.");
  return { at: match.index + match[0].length, trims: match[0].startsWith("-") };
}

const PATTERNS: readonly (readonly [Token["type"] | "space", RegExp])[] = [
  ["space", /\s+/y],
  ["name", /[A-Za-z_][A-Za-z0-9_]*/y],
  ["number", /\d+(\.\d+)?/y],
  ["string", /'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"/y],
  ["operator", /==|!=|<=|>=|\/\/|[-+*/%~<>=|.,:()[\]{}]/y],
];

function tokenise(
  source: string,
  from: number,
  tag: string,
  start: number,
): { tokens: Token[]; next: number; trims: boolean } {
  const tokens: Token[] = [];
  const close = new RegExp(closers[tag]!.source, "y");
  let at = from;
  while (at < source.length) {
    close.lastIndex = at;
    const ended = close.exec(source);
    if (ended) {
      tokens.push({ type: "end", text: "", offset: at });
      return { tokens, next: at + ended[0].length, trims: ended[0].startsWith("-") };
    }
    const token = nextToken(source, at);
    if (token.type !== "space") tokens.push({ type: token.type, text: token.text, offset: at });
    at += token.text.length;
  }
  throw new JinjaProblem(`${tag} is never closed`, start, `Write ${tag === "{{" ? "}}" : "%}"} after it.`);
}

function nextToken(source: string, at: number): { type: Token["type"] | "space"; text: string } {
  for (const [type, pattern] of PATTERNS) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match) return { type, text: match[0] };
  }
  throw outside(`the character ${source[at]}`, at);
}
