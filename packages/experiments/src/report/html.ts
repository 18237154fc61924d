/** Markup that is safe to insert: everything else that enters a page is escaped. Names come from outside. */
export class Html {
  readonly markup: string;
  constructor(markup: string) {
    this.markup = markup;
  }
}

type Part = Html | string | number | null | undefined | false | readonly Part[];

/** Text with `&`, `<`, `>` and both quotes escaped, fit for content and for attributes in quotes. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

function show(part: Part): string {
  if (part === null || part === undefined || part === false) return "";
  if (part instanceof Html) return part.markup;
  if (typeof part === "object") return part.map(show).join("");
  return escapeHtml(String(part));
}

/** A template whose values are escaped unless they are markup already; lists are joined, null and false leave nothing. */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  return new Html(strings.reduce((text, string, i) => text + show(parts[i - 1]) + string));
}

export interface Column {
  readonly title: string;
  readonly isNumber?: boolean;
  /** Two numbers that may stand under each other on paper. */
  readonly isInterval?: boolean;
  /** Whole sentences: not squeezed. */
  readonly isText?: boolean;
  /** Short things that must not break: dates. */
  readonly isShort?: boolean;
}

/** A table with a caption for screen readers; it scrolls by itself where it is too wide. */
export function table(caption: string, columns: readonly Column[], rows: readonly (readonly Part[])[]): Html {
  const cellClass = (i: number) => {
    const { isNumber, isInterval, isText, isShort } = columns[i] ?? {};
    const name = isInterval
      ? "number interval"
      : isNumber
        ? "number"
        : isText
          ? "words"
          : isShort
            ? "nowrap"
            : "";
    return name === "" ? null : html` class="${name}"`;
  };
  return html`<div class="scroll" tabindex="0" role="group" aria-label="${caption}"><table>
<caption><span>${caption}</span></caption>
<thead><tr>${columns.map(({ title }, i) => html`<th scope="col"${cellClass(i)}>${title}</th>`)}</tr></thead>
<tbody>${rows.map(
    (row) =>
      html`<tr>${row.map((cell, i) => (i === 0 ? html`<th scope="row"${cellClass(0)}>${cell}</th>` : html`<td${cellClass(i)}>${cell}</td>`))}</tr>
`,
  )}</tbody>
</table></div>`;
}

/** A whole page that needs nothing from elsewhere: no script, no request, its own style. */
export function page(title: string, body: Html, style: string): string {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<title>${title}</title>
<style>${new Html(style)}</style>
</head>
<body>
${body}
</body>
</html>
`.markup;
}

/** `low to high`, of which each half stays together. */
export function intervalCell(text: string): Html {
  const [low, high] = text.split(" to ");
  return high === undefined
    ? html`${text}`
    : html`<span class="nowrap">${low} to</span> <span class="nowrap">${high}</span>`;
}
