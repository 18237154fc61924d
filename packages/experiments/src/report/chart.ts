import { type Axis, parse, type Spec, View } from "vega";
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

/** Drawn for a page, or for a phone's width; the page's style shows one of the two. */
export type Shape = "wide" | "narrow";

/**
 * A chart drawn on the server as SVG for a page: no script, colours from the page's style, so that it follows light, dark and paper,
 * and a title and description for screen readers. Letters keep their size on a phone, because it gets a picture of its own.
 */
export async function renderChart(draw: (shape: Shape) => Spec, words: ChartWords): Promise<Html> {
  const wide = labelled(await svgOf(draw("wide")), words);
  const narrow = labelled(await svgOf(draw("narrow")), { ...words, id: `${words.id}-narrow` });
  return new Html(`<div class="chart wide">${wide}</div><div class="chart narrow">${narrow}</div>`);
}

async function svgOf(spec: Spec): Promise<string> {
  const view = new View(parse({ ...spec, config: CONFIG }), { renderer: "none" });
  try {
    return await view.toSVG();
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

/** The name of a row: of both halves enough to tell it from others. */
export const rowLabel = (what: string, arm: string) => `${shortened(what, 24)} · ${shortened(arm, 20)}`;

/** Text that fits a label of so many characters: its ends are kept, since names often differ in the last of them. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const end = Math.floor((most - 1) / 2);
  return `${text.slice(0, most - 1 - end)}…${text.slice(-end)}`;
}

/**
 * Room around a drawing that brings its own axis of effects. Measured texts would do, but without a screen there is no measure, and
 * guesses that are too wide make everything else small.
 */
export const AXIS_ROOM = {
  autosize: "none",
  padding: { left: 56, right: 24, top: 26, bottom: 52 },
} as const;

/** Names of the rows of a chart whose scale `y` counts them. */
export function labelAxis(labels: readonly string[]): Axis {
  return {
    orient: "left",
    scale: "y",
    ticks: false,
    domain: false,
    labelPadding: 8,
    labelLimit: 0,
    labelColor: "var(--ink)",
    encode: { labels: { update: { text: { signal: `${JSON.stringify(labels)}[datum.value]` } } } },
  };
}
