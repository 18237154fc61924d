import type { EncodeEntry, Mark, Spec } from "vega";
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
      marginMark,
      intervalMark("deciding", "decisionLow", "decisionHigh", middle, { strokeWidth: { value: 1.5 } }),
      intervalMark("rows", "low", "high", middle, {
        strokeWidth: { value: 6 },
        strokeOpacity: { value: 0.55 },
      }),
      pointMark("rows", "estimate", middle, { size: { value: 64 } }),
      pointMark("leaving", "x", middle, { shape: { field: "shape" }, size: { value: 70 } }),
      ...(shape === "narrow" ? [nameMark] : []),
    ],
  };
}

type Place = NonNullable<EncodeEntry["y"]>;

const at = (field: string) => ({ scale: "x", field });

const marginMark: Mark = {
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
};

/** A line from one field to another, `y` high in its row. */
function intervalMark(data: string, from: string, to: string, y: Place, more: EncodeEntry): Mark {
  const stroke = { field: "colour" };
  return { type: "rule", from: { data }, encode: { enter: { x: at(from), x2: at(to), y, stroke, ...more } } };
}

function pointMark(data: string, field: string, y: Place, more: EncodeEntry): Mark {
  const fill = { field: "colour" };
  return { type: "symbol", from: { data }, encode: { enter: { x: at(field), y, fill, ...more } } };
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
