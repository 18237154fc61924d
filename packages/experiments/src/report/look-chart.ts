import type { Axis, Mark, Scale, Spec } from "vega";
import { AXIS_ROOM, type Shape } from "./chart.ts";
import { axisTitle, effectAxis, effectScale } from "./effect-axis.ts";
import type { Tone } from "./forest.ts";
import type { LookPlace } from "./look-places.ts";

/** One place of the axis, in the effect's own unit; what nobody said is null. */
interface LookMark {
  readonly at: number;
  readonly state: LookPlace["state"];
  readonly effect: number | null;
  readonly low: number | null;
  readonly high: number | null;
  readonly boundary: number | null;
  readonly colour: string;
}

const WIDTH = { wide: 640, narrow: 280 } as const;
/** One place alone needs less room than a course of them. */
const heightFor = (places: number) => (places === 1 ? 150 : 250);
/** Room that the label of a place needs. */
const LABEL = 50;
/** Half the width of a boundary's mark, at most; where places stand close its line says enough. */
const TICK = 9;
const CLOSE = 7;

/**
 * Effects at their looks with the intervals that decided, between the boundaries they had to cross; places of looks to come stay
 * empty. Declared looks stand side by side; where any day may be looked at, by the day.
 */
export function lookChart(
  places: readonly LookPlace[],
  toneOf: (place: LookPlace) => Tone,
  kind: string,
  title: string,
  shape: Shape,
): Spec {
  const width = WIDTH[shape];
  const isDated = places.every(({ number }) => number === null);
  const scaled = effectScale(kind);
  const marks = places.map((place, i): LookMark => {
    const { effect = null, decision_low: low = null, decision_high: high = null } = place.said ?? {};
    return {
      at: isDated ? Date.parse(place.said!.evaluated_at) : i,
      state: place.state,
      effect: scaled(effect),
      low: scaled(low),
      high: scaled(high),
      boundary: scaled(place.boundary),
      colour: `var(--${toneOf(place)})`,
    };
  });
  return {
    width,
    height: heightFor(places.length),
    ...AXIS_ROOM,
    data: [
      { name: "places", values: marks },
      { name: "taken", values: marks.filter(({ effect }) => effect !== null) },
      { name: "intervals", values: marks.filter(({ low, high }) => low !== null && high !== null) },
      { name: "bounds", values: marks.filter(({ boundary }) => boundary !== null) },
      { name: "empty", values: marks.filter(({ state }) => state !== "taken") },
    ],
    scales: [
      placeScale(marks, isDated),
      { name: "y", type: "linear", domain: domainOf(marks), range: "height", nice: true, clamp: true },
    ],
    axes: [
      isDated ? dayAxis(marks, shape) : placeAxis(places, width),
      effectAxis(marks.flatMap(({ effect, boundary }) => [effect ?? 0, boundary ?? 0])),
    ],
    marks: [
      ...boundaryMarks(Math.min(TICK, (0.4 * width) / marks.length)),
      zeroLine(width),
      ...takenMarks(),
      emptyMarks(),
      axisTitle(title),
    ],
  };
}

function placeScale(marks: readonly LookMark[], isDated: boolean): Scale {
  if (!isDated)
    return { name: "x", type: "point", domain: marks.map(({ at }) => at), range: "width", padding: 0.5 };
  const [first, last] = [marks[0]!.at, marks.at(-1)!.at];
  const room = Math.max(0.04 * (last - first), 60_000);
  return { name: "x", type: "utc", domain: [first - room, last + room], range: "width" };
}

const DAY_MS = 86_400_000;

/** Days, or hours where all was said within a few days. */
function dayAxis(marks: readonly LookMark[], shape: Shape): Axis {
  const span = marks.at(-1)!.at - marks[0]!.at;
  const hours = shape === "wide" ? "%-d %b %H:%M" : "%H:%M";
  return { orient: "bottom", scale: "x", tickCount: 5, format: span > 3 * DAY_MS ? "%-d %b" : hours };
}

/** Under every place its number, its share of the plan and its day; where there is no room for all, under some. */
function placeAxis(places: readonly LookPlace[], width: number) {
  const every = Math.ceil((places.length * LABEL) / width);
  const labels = places.map((place, i) => ((places.length - 1 - i) % every === 0 ? placeLabel(place) : [""]));
  return {
    orient: "bottom",
    scale: "x",
    labelOverlap: false,
    encode: { labels: { update: { text: { signal: `${JSON.stringify(labels)}[datum.value]` } } } },
  } as const;
}

function placeLabel({ number, information, date, isEarlierPlan }: LookPlace): string[] {
  const share = information === null ? [] : [`${Math.round(100 * information)} %`];
  return [
    `look ${number}`,
    ...share,
    ...(date === null ? [] : [dayOf(date)]),
    ...(isEarlierPlan ? ["old plan"] : []),
  ];
}

const dayOf = (date: string) =>
  new Date(date).toLocaleDateString("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });

/** The first intervals are wider than anything later: they may leave the picture. */
function domainOf(marks: readonly LookMark[]): [number, number] {
  const last = marks.findLast(({ low, high }) => low !== null && high !== null);
  const reach = last ? Math.abs(last.effect ?? 0) + 3 * (last.high! - last.low!) : Number.POSITIVE_INFINITY;
  const ends = marks.flatMap(({ effect, low, high, boundary }) =>
    [effect, low, high, boundary, boundary === null ? null : -boundary].map((value) => value ?? 0),
  );
  const effects = marks.map(({ effect }) => effect ?? 0);
  const least = Math.min(...effects, Math.max(Math.min(...ends), -reach));
  const most = Math.max(...effects, Math.min(Math.max(...ends), reach));
  return least === most ? [-1, 1] : [least, most];
}

const x = { scale: "x", field: "at" } as const;
const y = (field: string) => ({ scale: "y", field }) as const;

function boundaryMarks(tick: number): Mark[] {
  const stroke = { stroke: { value: "var(--soft)" } };
  return (["", "-"] as const).flatMap((sign): Mark[] => {
    const y = { scale: "y", signal: `${sign}datum.boundary` };
    const ends = { x: { ...x, offset: -tick }, x2: { ...x, offset: tick } };
    const from = { data: "bounds" };
    return [
      { type: "line", from, encode: { enter: { x, y, ...stroke, strokeDash: { value: [5, 4] } } } },
      ...(tick < CLOSE
        ? []
        : [
            {
              type: "rule",
              from,
              encode: { enter: { ...ends, y, ...stroke, strokeWidth: { value: 2 } } },
            } as const,
          ]),
    ];
  });
}

function zeroLine(width: number): Mark {
  const line = { x: { value: 0 }, x2: { value: width }, y: { scale: "y", value: 0 } };
  return { type: "rule", encode: { enter: { ...line, stroke: { value: "var(--soft)" } } } };
}

function takenMarks(): Mark[] {
  const interval = { x, y: y("low"), y2: y("high"), stroke: { field: "colour" } };
  return [
    {
      type: "rule",
      from: { data: "intervals" },
      encode: { enter: { ...interval, strokeWidth: { value: 5 }, strokeOpacity: { value: 0.55 } } },
    },
    {
      type: "symbol",
      from: { data: "taken" },
      encode: { enter: { x, y: y("effect"), fill: { field: "colour" }, size: { value: 64 } } },
    },
  ];
}

/** Hollow where a look is to come, a cross where one was passed over. */
function emptyMarks(): Mark {
  return {
    type: "symbol",
    from: { data: "empty" },
    encode: {
      enter: {
        x,
        y: { scale: "y", value: 0 },
        shape: { signal: "datum.state === 'to_come' ? 'circle' : 'cross'" },
        size: { value: 80 },
        fill: { value: "var(--paper)" },
        stroke: { value: "var(--soft)" },
        strokeWidth: { value: 1.5 },
      },
    },
  };
}
