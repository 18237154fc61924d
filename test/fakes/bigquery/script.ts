import { ApiError } from "../rest/api-error.ts";

/** Strings, quoted names and comments: no word in them is SQL. */
const OPAQUE =
  /'''[\s\S]*?'''|"""[\s\S]*?"""|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`[^`]*`|--[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\//g;

/** Stands for what is no word, and is no space either. */
const HIDDEN = "\u0001";

function withoutText(sql: string): string {
  return sql.replace(OPAQUE, (found) => (/^(--|#|\/\*)/.test(found) ? " " : HIDDEN).repeat(found.length));
}

/** The same length, with those and everything in brackets hidden, so that words are found where they count. */
export function topLevel(sql: string): string {
  const bare = withoutText(sql);
  let depth = 0;
  let cases = 0;
  return bare.replace(/[()[\]]|\bCASE\b|\bEND\b|[\s\S]/gi, (found) => {
    if (found === "(" || found === "[") depth += 1;
    else if (found === ")" || found === "]") depth -= 1;
    else if (depth === 0 && /^case$/i.test(found)) cases += 1;
    const hidden = depth > 0 || cases > 0;
    if (depth === 0 && /^end$/i.test(found)) cases -= 1;
    return hidden ? HIDDEN.repeat(found.length) : found;
  });
}

/** The statements of a script. */
export function statements(sql: string): string[] {
  const bare = topLevel(sql);
  const found: string[] = [];
  let from = 0;
  for (let at = bare.indexOf(";"); at >= 0; at = bare.indexOf(";", at + 1)) {
    found.push(sql.slice(from, at));
    from = at + 1;
  }
  return [...found, sql.slice(from)].map((one) => one.trim()).filter((one) => one !== "");
}

/** The first word of a statement. */
export function verb(sql: string): string {
  return /^[\s(]*([A-Za-z]+)/.exec(withoutText(sql))?.[1]?.toUpperCase() ?? "";
}

/** A text cut at the first place, outside brackets, of each word in turn; a word that is not there gives undefined for its part. */
export function cut(sql: string, words: readonly RegExp[]): (string | undefined)[] {
  const bare = topLevel(sql);
  const places: { from: number; to: number }[] = [];
  let at = 0;
  const parts: (string | undefined)[] = [];
  const found = words.map((word) => {
    const match = new RegExp(word.source, "gi");
    match.lastIndex = at;
    const hit = match.exec(bare);
    if (!hit) return undefined;
    at = hit.index + hit[0].length;
    const place = { from: hit.index, to: at };
    places.push(place);
    return place;
  });
  parts.push(sql.slice(0, places[0]?.from).trim());
  for (const place of found) {
    if (!place) {
      parts.push(undefined);
      continue;
    }
    const next = places[places.indexOf(place) + 1];
    parts.push(sql.slice(place.to, next?.from).trim());
  }
  return parts;
}

/** A list taken apart at its commas. */
export function list(sql: string): string[] {
  const bare = topLevel(sql);
  const items: string[] = [];
  let from = 0;
  for (let at = bare.indexOf(","); at >= 0; at = bare.indexOf(",", at + 1)) {
    items.push(sql.slice(from, at).trim());
    from = at + 1;
  }
  return [...items, sql.slice(from).trim()].filter((item) => item !== "");
}

/** Where the bracket with which a text begins is closed. */
export function closing(sql: string): number {
  let depth = 0;
  const bare = sql.replace(/'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`[^`]*`/g, (found) =>
    " ".repeat(found.length),
  );
  for (let at = 0; at < bare.length; at++) {
    if (bare[at] === "(") depth += 1;
    if (bare[at] === ")") depth -= 1;
    if (depth === 0) return at;
  }
  throw syntaxError('Expected ")" but got end of script');
}

export function unquoted(name: string): string {
  return name.trim().replace(/^`([\s\S]*)`$/, "$1");
}

/** `a = 1, t.b = 2`: the columns, and their values as a select gives them. */
export function assignments(set: string, alias: string): { columns: string[]; values: string } {
  const pairs = list(set).map((one) => {
    const at = topLevel(one).indexOf("=");
    if (at < 0) throw syntaxError(`Expected "=" in ${one}`);
    const left = unquoted(one.slice(0, at));
    return {
      name: left.startsWith(`${alias}.`) ? unquoted(left.slice(alias.length + 1)) : left,
      value: one.slice(at + 1),
    };
  });
  return {
    columns: pairs.map(({ name }) => name),
    values: pairs.map(({ value }, index) => `(${value}) AS v${index}`).join(", "),
  };
}

/** A table as a statement names it, and what it calls it. */
export interface Named {
  dataset: string | undefined;
  table: string;
  alias: string;
}

/** `` `ds`.`t` AS x ``, `` `project.ds.t` x ``, `t`. */
export function namedTable(text: string): Named {
  const [, path, alias] =
    /^((?:`[^`]+`|[\w-]+)(?:\s*\.\s*(?:`[^`]+`|[\w-]+))*)(?:\s+(?:AS\s+)?(`[^`]+`|\w+))?$/i.exec(
      text.trim(),
    ) ?? [];
  if (path === undefined) throw syntaxError(`Expected a table but got "${text.slice(0, 40)}"`);
  const parts = [...path.matchAll(/`([^`]+)`|[\w-]+/g)].flatMap(([whole, quoted]) =>
    (quoted ?? whole).split("."),
  );
  return { dataset: parts.at(-2), table: parts.at(-1)!, alias: unquoted(alias ?? parts.at(-1)!) };
}

export function syntaxError(message: string): ApiError {
  return new ApiError(400, "invalidQuery", `Syntax error: ${message}`);
}
