/** Text that is HTML already. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

type Part = Html | string | number | null | undefined | false | readonly Part[];

/** A template whose values are escaped, unless they are `Html` themselves; null, undefined and false are left out. */
export function html(strings: TemplateStringsArray, ...values: readonly Part[]): Html {
  return new Html(strings.map((piece, i) => piece + (i < values.length ? rendered(values[i]) : "")).join(""));
}

function rendered(value: Part): string {
  if (value instanceof Html) return value.text;
  if (value === null || value === undefined || value === false) return "";
  return typeof value === "object" ? value.map(rendered).join("") : escapeText(String(value));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** Safe between tags and inside a quoted attribute. */
function escapeText(text: string): string {
  return text.replace(/[&<>"']/g, (char) => entities[char]!);
}
