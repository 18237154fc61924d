import type { Axis, Mark, Spec } from "vega";
import { AXIS_ROOM, type Shape } from "./chart.ts";
import { axisTitle, effectAxis, effectScale } from "./effect-axis.ts";

/** The effect on the people of one day, week or month, in the metric's own unit. */
export interface DayEffect {
  /** First day of it. */
  readonly date: string;
  readonly effect: number;
  readonly low: number;
  readonly high: number;
}

/** The effect over all of them, which the days are read against. */
export interface WholeEffect {
  readonly effect: number;
  readonly low: number | null;
  readonly high: number | null;
}

const WIDTH = { wide: 640, narrow: 280 } as const;
const HEIGHT = 250;
const DAY_MS = 86_400_000;

/**
 * Effects of single periods with their intervals, one beside the other by their dates, and the effect over all of them as a line with its
 * interval as a band. One colour throughout: a single day is no finding.
 */
export function byDayChart(
  days: readonly DayEffect[],
  whole: WholeEffect,
  { kind, period, title }: { readonly kind: string; readonly period: string; readonly title: string },
  shape: Shape,
): Spec {
  const width = WIDTH[shape];
  const scaled = effectScale(kind);
  const values = days.map(({ date, effect, low, high }) => ({
    at: Date.parse(date),
    effect: scaled(effect)!,
    low: scaled(low)!,
    high: scaled(high)!,
  }));
  const all = { effect: scaled(whole.effect)!, low: scaled(whole.low), high: scaled(whole.high) };
  const domain = domainOf(values, all);
  const [below, above] = pastEdges(values, domain);
  const [first, last] = [values[0]!.at, values.at(-1)!.at];
  const room = Math.max(DAY_MS / 2, 0.03 * (last - first));
  return {
    width,
    height: HEIGHT,
    ...AXIS_ROOM,
    padding: { ...AXIS_ROOM.padding, bottom: 30 },
    data: [
      { name: "days", values },
      { name: "below", values: below },
      { name: "above", values: above },
    ],
    scales: [
      { name: "x", type: "utc", domain: [first - room, last + room], range: "width" },
      // With rounded ends a bar that has its arrow might end inside them.
      {
        name: "y",
        type: "linear",
        domain,
        range: "height",
        nice: !below.length && !above.length,
        clamp: true,
      },
    ],
    axes: [dateAxis(values, period, shape), effectAxis(values.map(({ effect }) => effect))],
    marks: [
      ...wholeMarks(all, width),
      ...dayMarks(Math.min(5, Math.max(1.5, (0.4 * width) / days.length))),
      arrows("below", "triangle-down", HEIGHT),
      arrows("above", "triangle-up", 0),
      axisTitle(title),
    ],
  };
}

/** Labels under some of the periods, as many as there is room for. */
function dateAxis(days: readonly Drawn[], period: string, shape: Shape): Axis {
  const every = Math.ceil(days.length / (shape === "wide" ? 8 : 4));
  return {
    orient: "bottom",
    scale: "x",
    values: days.filter((_, i) => i % every === 0).map(({ at }) => at),
    format: period === "month" ? "%b %y" : "%-d %b",
    labelOverlap: true,
  };
}

interface Bar {
  readonly effect: number;
  readonly low: number;
  readonly high: number;
}

interface Drawn extends Bar {
  readonly at: number;
}

/** Of how many of them the interval goes on beyond the picture. */
export function countCut(days: readonly DayEffect[], whole: WholeEffect): number {
  return new Set(pastEdges(days, domainOf(days, whole)).flat()).size;
}

/** Those whose interval leaves below, and those above. */
function pastEdges<B extends Bar>(bars: readonly B[], [least, most]: readonly [number, number]): [B[], B[]] {
  return [bars.filter(({ low }) => low < least), bars.filter(({ high }) => high > most)];
}

/** So many times as wide as usual an interval is of few people: it would press the others flat, and leaves the picture. */
const FEW_PEOPLE = 3;

function domainOf(days: readonly Bar[], whole: WholeEffect): [number, number] {
  const widths = days.map(({ low, high }) => high - low).toSorted((a, b) => a - b);
  const usual = widths[Math.floor(widths.length / 2)]!;
  const known = days.filter(({ low, high }) => high - low <= FEW_PEOPLE * usual);
  const ends = [...known, whole].flatMap(({ effect, low, high }) => [low ?? effect, high ?? effect, 0]);
  const shown = [...ends, ...days.map(({ effect }) => effect)];
  const [least, most] = [Math.min(...shown), Math.max(...shown)];
  return least === most ? [-1, 1] : [least, most];
}

function wholeMarks(
  { effect, low, high }: { effect: number; low: number | null; high: number | null },
  width: number,
): Mark[] {
  const across = { x: { value: 0 }, x2: { value: width } };
  const at = (value: number) => ({ scale: "y", value });
  const rule = (value: number, stroke: string, strokeWidth: number): Mark => ({
    type: "rule",
    encode: {
      enter: { ...across, y: at(value), stroke: { value: stroke }, strokeWidth: { value: strokeWidth } },
    },
  });
  const band: Mark[] =
    low === null || high === null
      ? []
      : [
          {
            type: "rect",
            encode: { enter: { ...across, y: at(low), y2: at(high), fill: { value: "var(--band)" } } },
          },
        ];
  return [...band, rule(0, "var(--soft)", 1), rule(effect, "var(--plain)", 2)];
}

function dayMarks(thick: number): Mark[] {
  const x = { scale: "x", field: "at" };
  const y = (field: string) => ({ scale: "y", field });
  const from = { data: "days" };
  const colour = { value: "var(--ink)" };
  return [
    {
      type: "rule",
      from,
      encode: {
        enter: {
          x,
          y: y("low"),
          y2: y("high"),
          stroke: colour,
          strokeWidth: { value: thick },
          strokeOpacity: { value: 0.35 },
        },
      },
    },
    {
      type: "symbol",
      from,
      encode: { enter: { x, y: y("effect"), fill: colour, size: { value: 8 * thick } } },
    },
  ];
}

/** At the edge that a bar leaves by. */
const arrows = (data: string, shape: string, y: number): Mark => ({
  type: "symbol",
  from: { data },
  encode: {
    enter: {
      x: { scale: "x", field: "at" },
      y: { value: y },
      shape: { value: shape },
      size: { value: 50 },
      fill: { value: "var(--ink)" },
    },
  },
});
