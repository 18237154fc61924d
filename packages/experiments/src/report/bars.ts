import type { EncodeEntry, Mark, Spec } from "vega";
import { labelAxis, type Shape } from "./chart.ts";

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

/** Height of a bar's row, its width, and where its words stand: beside it, or on a phone above it. */
const SIZES = {
  wide: { row: 24, width: 420, room: { padding: { left: 4, top: 4, bottom: 4, right: 150 } } },
  narrow: { row: 42, width: 346, room: { autosize: "none", padding: 4 } },
} as const;

/** Horizontal bars under each other, each with its text; a line marks what was planned. */
export function barChart(bars: readonly Bar[], shape: Shape): Spec {
  const { row, width, room } = SIZES[shape];
  const values = bars.map((bar, i) => ({ ...bar, y: i, share: Math.min(1, Math.max(0, bar.share)) }));
  const bar = { y: { scale: "y", field: "y" }, height: { scale: "y", band: 1 } };
  return {
    width,
    height: row * bars.length,
    ...room,
    data: [
      { name: "bars", values },
      { name: "planned", source: "bars", transform: [{ type: "filter", expr: "isValid(datum.planned)" }] },
    ],
    scales: [
      { name: "x", type: "linear", domain: [0, 1], range: "width" },
      {
        name: "y",
        type: "band",
        domain: values.map(({ y }) => y),
        range: "height",
        padding: shape === "wide" ? 0.25 : 0.55,
      },
    ],
    axes: shape === "wide" ? [labelAxis(bars.map(({ label }) => label))] : [],
    marks: [
      {
        type: "rect",
        from: { data: "bars" },
        encode: {
          enter: { ...bar, x: { value: 0 }, width: { value: width }, fill: { value: "var(--track)" } },
        },
      },
      {
        type: "rect",
        from: { data: "bars" },
        encode: {
          enter: {
            ...bar,
            x: { scale: "x", value: 0 },
            x2: { scale: "x", field: "share" },
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
      ...(shape === "wide"
        ? [wordMark("text", WIDE_TEXT)]
        : [wordMark("label", ABOVE), wordMark("text", ABOVE_RIGHT)]),
    ],
  };
}

type Place = NonNullable<EncodeEntry>;

const WIDE_TEXT: Place = {
  x: { value: SIZES.wide.width + 8 },
  y: { scale: "y", field: "y", band: 0.5 },
  baseline: { value: "middle" },
};
const ABOVE: Place = { x: { value: 0 }, y: { scale: "y", field: "y", offset: -5 } };
const ABOVE_RIGHT: Place = { ...ABOVE, x: { value: SIZES.narrow.width }, align: { value: "right" } };

function wordMark(field: "text" | "label", place: Place): Mark {
  return {
    type: "text",
    from: { data: "bars" },
    encode: { enter: { ...place, text: { field }, fill: { value: "var(--ink)" } } },
  };
}
