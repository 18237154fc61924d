import type { Mark, Spec } from "vega";
import type { Direction } from "../result-row.ts";
import { orient } from "../verdict.ts";
import { labelAxis, type Shape } from "./chart.ts";
import { signedLabels } from "./effect-axis.ts";

/** One line of a forest plot; shares of the control's value. */
export interface ForestRow {
  readonly label: string;
  readonly estimate: number;
  /** Interval of this comparison alone. */
  readonly low: number;
  readonly high: number;
  /** The interval that decides; null where nothing may be decided. */
  readonly decisionLow: number | null;
  readonly decisionHigh: number | null;
  /** A guardrail's margin, signed: worse than this is not tolerated. */
  readonly margin: number | null;
  readonly tone: Tone;
}

export type Tone = "good" | "bad" | "plain";

/** Which way the interval that decides has left zero, if it has. */
export function toneOf(low: number | null, high: number | null, direction: Direction): Tone {
  const { lower, upper } = orient({ low, high }, direction);
  return (lower ?? -1) > 0 ? "good" : (upper ?? 1) < 0 ? "bad" : "plain";
}

/** Height of a line, its width, and where in it the interval lies: beside its name, or on a phone below it. */
const SIZES = {
  wide: { row: 34, width: 620, middle: 0.5, room: { padding: 4 } },
  narrow: {
    row: 46,
    width: 322,
    middle: 0.72,
    room: { autosize: "none", padding: { left: 10, right: 28, top: 4, bottom: 44 } },
  },
} as const;

/** Intervals as a forest plot: thick this comparison alone, thin what decides, a dashed line per guardrail, an arrow where one leaves. */
export function forestPlot(rows: readonly ForestRow[], axisTitle: string, shape: Shape): Spec {
  const { row: height, width, middle: band, room } = SIZES[shape];
  const domain = domainOf(rows);
  const values = rows.map((row, i) => ({
    ...row,
    ...clipped(row, domain),
    y: i,
    colour: `var(--${row.tone})`,
  }));
  const at = (field: string) => ({ scale: "x", field });
  const middle = { scale: "y", field: "y", band };
  return {
    width,
    height: height * rows.length,
    ...room,
    data: [
      { name: "rows", values },
      {
        name: "deciding",
        source: "rows",
        transform: [{ type: "filter", expr: "isValid(datum.decisionLow) && isValid(datum.decisionHigh)" }],
      },
      { name: "guarded", source: "rows", transform: [{ type: "filter", expr: "isValid(datum.margin)" }] },
      { name: "leaving", values: leavingEnds(rows, domain) },
    ],
    scales: [
      { name: "x", type: "linear", domain, range: "width", clamp: true },
      { name: "y", type: "band", domain: values.map(({ y }) => y), range: "height" },
    ],
    axes: [
      {
        orient: "bottom",
        scale: "x",
        encode: signedLabels("+.1~%"),
        title: axisTitle,
        grid: true,
        tickCount: shape === "wide" ? 6 : 4,
      },
      ...(shape === "wide" ? [labelAxis(rows.map(({ label }) => label))] : []),
    ],
    marks: [
      {
        type: "rule",
        encode: {
          enter: {
            x: { scale: "x", value: 0 },
            y: { value: 0 },
            y2: { value: height * rows.length },
            stroke: { value: "var(--soft)" },
          },
        },
      },
      {
        type: "rule",
        from: { data: "guarded" },
        encode: {
          enter: {
            x: at("margin"),
            y: { scale: "y", field: "y" },
            y2: { scale: "y", field: "y", band: 1 },
            stroke: { value: "var(--bad)" },
            strokeDash: { value: [4, 3] },
            strokeWidth: { value: 1.5 },
          },
        },
      },
      {
        type: "rule",
        from: { data: "deciding" },
        encode: {
          enter: {
            x: at("decisionLow"),
            x2: at("decisionHigh"),
            y: middle,
            stroke: { field: "colour" },
            strokeWidth: { value: 1.5 },
          },
        },
      },
      {
        type: "rule",
        from: { data: "rows" },
        encode: {
          enter: {
            x: at("low"),
            x2: at("high"),
            y: middle,
            stroke: { field: "colour" },
            strokeWidth: { value: 6 },
            strokeOpacity: { value: 0.55 },
          },
        },
      },
      {
        type: "symbol",
        from: { data: "rows" },
        encode: { enter: { x: at("estimate"), y: middle, fill: { field: "colour" }, size: { value: 64 } } },
      },
      {
        type: "symbol",
        from: { data: "leaving" },
        encode: {
          enter: {
            x: at("x"),
            y: middle,
            shape: { field: "shape" },
            fill: { field: "colour" },
            size: { value: 70 },
          },
        },
      },
      ...(shape === "narrow" ? [nameMark] : []),
    ],
  };
}

const nameMark: Mark = {
  type: "text",
  from: { data: "rows" },
  encode: {
    enter: {
      x: { value: 0 },
      y: { scale: "y", field: "y", band: 0.36 },
      text: { field: "label" },
      fill: { value: "var(--ink)" },
    },
  },
};

/** Where an interval goes on beyond the picture. */
function leavingEnds(rows: readonly ForestRow[], [least, most]: [number, number]) {
  return rows.flatMap((row, i) => {
    const colour = `var(--${row.tone})`;
    const low = Math.min(row.low, row.decisionLow ?? row.low);
    const high = Math.max(row.high, row.decisionHigh ?? row.high);
    return [
      ...(low < least ? [{ x: least, y: i, shape: "triangle-left", colour }] : []),
      ...(high > most ? [{ x: most, y: i, shape: "triangle-right", colour }] : []),
    ];
  });
}

/** Wide enough for every estimate; an interval many times as wide as the others does not flatten them. */
function domainOf(rows: readonly ForestRow[]): [number, number] {
  const widths = rows.map(({ low, high }) => high - low).toSorted((a, b) => a - b);
  const usual = widths[Math.floor(widths.length / 2)] ?? 0;
  const most = 6 * usual;
  const ends = rows.flatMap((row) => [
    row.estimate,
    Math.max(row.decisionLow ?? row.low, row.estimate - most),
    Math.min(row.decisionHigh ?? row.high, row.estimate + most),
    row.margin ?? 0,
    0,
  ]);
  const [least, largest] = [Math.min(...ends), Math.max(...ends)];
  const room = 0.04 * (largest - least || 0.1);
  return [least - room, largest + room];
}

function clipped(row: ForestRow, [least, most]: [number, number]) {
  const inside = (value: number | null) => (value === null ? null : Math.min(most, Math.max(least, value)));
  return {
    low: inside(row.low),
    high: inside(row.high),
    decisionLow: inside(row.decisionLow),
    decisionHigh: inside(row.decisionHigh),
  };
}
