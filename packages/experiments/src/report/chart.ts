import { parse, type Spec, View } from "vega";
import { escapeHtml, Html } from "./html.ts";

/** What a chart says to those who do not see it; the numbers themselves stand in a table beside it. */
export interface ChartWords {
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

const AXIS = {
  labelColor: "var(--soft)",
  titleColor: "var(--soft)",
  domainColor: "var(--rule)",
  tickColor: "var(--rule)",
  gridColor: "var(--rule)",
  labelFontSize: 12,
  titleFontSize: 12,
  titleFontWeight: "normal",
} as const;

const CONFIG = {
  axis: AXIS,
  text: { fill: "var(--ink)", fontSize: 12 },
  style: { "guide-label": { fontSize: 12 }, "group-title": { fontSize: 13 } },
} as const;

const FONT = "system-ui, -apple-system, Segoe UI, Roboto, Arial, sans-serif";

/**
 * A chart drawn on the server as SVG for a page: no script, colours from the page's style, so that it follows light, dark and paper,
 * and a title and description for screen readers.
 */
export async function renderChart(spec: Spec, words: ChartWords): Promise<Html> {
  const view = new View(parse({ ...spec, config: CONFIG }), { renderer: "none" });
  try {
    const svg = await view.toSVG();
    return new Html(`<div class="chart">${labelled(svg, words)}</div>`);
  } finally {
    view.finalize();
  }
}

function labelled(svg: string, { id, title, description }: ChartWords): string {
  const [titleId, descId] = [`${id}-title`, `${id}-desc`];
  const named = `role="img" aria-labelledby="${escapeHtml(titleId)} ${escapeHtml(descId)}" font-family="${FONT}"`;
  const inside = `<title id="${escapeHtml(titleId)}">${escapeHtml(title)}</title><desc id="${escapeHtml(descId)}">${escapeHtml(description)}</desc>`;
  return svg
    .replaceAll('font-family="sans-serif"', "")
    .replaceAll(/ aria-(?:label|roledescription|hidden)="[^"]*"/g, "")
    .replaceAll(/ role="graphics-[a-z]+"/g, "")
    .replace(/^<svg /, `<svg ${named} `)
    .replace(/^(<svg [^>]*>)/, `$1${inside}`);
}

/** Text that fits a label of so many characters. */
export function shortened(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}
