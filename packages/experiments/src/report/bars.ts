import type { Spec } from "vega";

export interface Bar {
  readonly group: string;
  readonly label: string;
  /** From 0 to 1. */
  readonly share: number;
  /** As it is written behind the bar. */
  readonly text: string;
  /** Where the bar should end; a mark is drawn there. */
  readonly planned?: number | undefined;
}

const ROW = 24;
const WIDTH = 420;

/** Horizontal bars under each other, each with its text; a line marks what was planned. */
export function barChart(bars: readonly Bar[]): Spec {
  const values = bars.map((bar, i) => ({ ...bar, y: i, share: Math.min(1, Math.max(0, bar.share)) }));
  const labels = JSON.stringify(bars.map(({ label }) => label));
  return {
    width: WIDTH,
    height: ROW * bars.length,
    padding: { left: 4, top: 4, bottom: 4, right: 150 },
    data: [
      { name: "bars", values },
      { name: "planned", source: "bars", transform: [{ type: "filter", expr: "isValid(datum.planned)" }] },
    ],
    scales: [
      { name: "x", type: "linear", domain: [0, 1], range: "width" },
      { name: "y", type: "band", domain: values.map(({ y }) => y), range: "height", padding: 0.25 },
    ],
    axes: [
      {
        orient: "left",
        scale: "y",
        ticks: false,
        domain: false,
        labelPadding: 8,
        labelLimit: 0,
        labelColor: "var(--ink)",
        encode: { labels: { update: { text: { signal: `${labels}[datum.value]` } } } },
      },
    ],
    marks: [
      {
        type: "rect",
        from: { data: "bars" },
        encode: {
          enter: {
            x: { value: 0 },
            width: { value: WIDTH },
            y: { scale: "y", field: "y" },
            height: { scale: "y", band: 1 },
            fill: { value: "var(--panel)" },
          },
        },
      },
      {
        type: "rect",
        from: { data: "bars" },
        encode: {
          enter: {
            x: { scale: "x", value: 0 },
            x2: { scale: "x", field: "share" },
            y: { scale: "y", field: "y" },
            height: { scale: "y", band: 1 },
            fill: { value: "var(--plain)" },
            fillOpacity: { value: 0.75 },
          },
        },
      },
      {
        type: "rule",
        from: { data: "planned" },
        encode: {
          enter: {
            x: { scale: "x", field: "planned" },
            y: { scale: "y", field: "y", offset: -3 },
            y2: { scale: "y", field: "y", band: 1, offset: 3 },
            stroke: { value: "var(--ink)" },
            strokeWidth: { value: 2 },
          },
        },
      },
      {
        type: "text",
        from: { data: "bars" },
        encode: {
          enter: {
            x: { value: WIDTH + 8 },
            y: { scale: "y", field: "y", band: 0.5 },
            baseline: { value: "middle" },
            text: { field: "text" },
            fill: { value: "var(--ink)" },
          },
        },
      },
    ],
  };
}
