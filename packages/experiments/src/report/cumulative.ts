import type { Spec } from "vega";
import type { ArmDay } from "../arm-day.ts";
import type { Definition } from "../definition.ts";
import { spreadOf } from "../design-effect.ts";
import { noLook, sequenceInterval } from "../look.ts";
import { AXIS_ROOM, type Shape } from "./chart.ts";
import { axisTitle, effectAxis, effectScale } from "./effect-axis.ts";

/** The effect as it stood at the end of a day, on all units until then. */
export interface CumulativePoint {
  readonly date: string;
  readonly effect: number;
  /** Interval that may be acted on that day; null while none may. */
  readonly low: number | null;
  readonly high: number | null;
  readonly units: number;
}

/**
 * Effect of an arm on a rate from its first day on, on what is known now. Bounds only where any day may be looked at: they then hold
 * on all days together, at `level` for so many `comparisons`. Between declared looks nothing may be decided, and what was decided at them is another picture.
 */
export function cumulativeEffect(
  days: readonly ArmDay[],
  controlId: string,
  armId: string,
  definition: Definition,
  level: number,
  comparisons: number,
  dataGrade: string,
): CumulativePoint[] {
  const byDate = Map.groupBy(days, ({ date }) => date);
  let [nc, xc, nt, xt, all] = [0, 0, 0, 0, 0];
  return [...byDate.keys()].toSorted().flatMap((date, i): CumulativePoint[] => {
    for (const day of byDate.get(date)!) {
      all += day.n;
      if (day.armId === controlId) [nc, xc] = [nc + day.n, xc + (day.x ?? 0)];
      if (day.armId === armId) [nt, xt] = [nt + day.n, xt + (day.x ?? 0)];
    }
    if (nc === 0 || nt === 0) return [];
    const [pc, pt] = [xc / nc, xt / nt];
    const effect = pt - pc;
    const spread = spreadOf(definition, [{ dataGrade, unitDays: i + 1 }]);
    const se = Math.sqrt((spread ?? 0) * ((pc * (1 - pc)) / nc + (pt * (1 - pt)) / nt));
    const mayClaim =
      definition.looks.kind === "confidence_sequence" && Math.min(nc, nt) >= definition.min_units;
    const look = noLook(definition, level, all);
    const bounds = mayClaim && se > 0 ? sequenceInterval(look, effect, se, nc + nt, comparisons) : NO_BOUNDS;
    return [{ date, effect, ...bounds, units: all }];
  });
}

const NO_BOUNDS = { low: null, high: null };

const WIDTH = { wide: 640, narrow: 280 } as const;

/** A line over days, with its band where there is one; effects in points. */
export function cumulativeChart(points: readonly CumulativePoint[], title: string, shape: Shape): Spec {
  const width = WIDTH[shape];
  const scaled = effectScale("proportion");
  const values = points.map((point) => ({
    at: Date.parse(point.date),
    effect: scaled(point.effect)!,
    low: scaled(point.low),
    high: scaled(point.high),
  }));
  const banded = values.filter(({ low }) => low !== null);
  const x = { scale: "x", field: "at" };
  const across = { x: { value: 0 }, x2: { value: width }, y: { scale: "y", value: 0 } };
  const y = (field: string) => ({ scale: "y", field });
  return {
    width,
    height: 240,
    ...AXIS_ROOM,
    padding: { ...AXIS_ROOM.padding, bottom: 30 },
    data: [
      { name: "points", values },
      { name: "banded", values: banded },
    ],
    scales: [
      { name: "x", type: "utc", domain: { data: "points", field: "at" }, range: "width" },
      {
        name: "y",
        type: "linear",
        domain: domainOf(values, banded),
        range: "height",
        nice: true,
        clamp: true,
      },
    ],
    axes: [
      { orient: "bottom", scale: "x", tickCount: shape === "wide" ? 6 : 4, format: "%-d %b" },
      effectAxis(values.map(({ effect }) => effect)),
    ],
    marks: [
      {
        type: "area",
        from: { data: "banded" },
        encode: { enter: { x, y: y("low"), y2: y("high"), fill: { value: "var(--band)" } } },
      },
      { type: "rule", encode: { enter: { ...across, stroke: { value: "var(--soft)" } } } },
      {
        type: "line",
        from: { data: "points" },
        encode: {
          enter: { x, y: y("effect"), stroke: { value: "var(--plain)" }, strokeWidth: { value: 2.5 } },
        },
      },
      axisTitle(title),
    ],
  };
}

interface Bounded {
  readonly effect: number;
  readonly low: number | null;
  readonly high: number | null;
}

/** The first days' bands are wider than anything later: they may leave the picture. */
function domainOf(values: readonly Bounded[], banded: readonly Bounded[]): [number, number] {
  const shown = banded.length > 0 ? banded : values;
  const ends = shown.flatMap(({ low, high, effect }) => [low ?? effect, high ?? effect, 0]);
  const last = banded.at(-1);
  const reach = last ? Math.abs(last.effect) + 3 * (last.high! - last.low!) : Math.max(...ends.map(Math.abs));
  return [Math.max(Math.min(...ends), -reach), Math.min(Math.max(...ends), reach)];
}
