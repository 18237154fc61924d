import type { Spec } from "vega";
import type { ArmDay } from "../arm-day.ts";
import type { Definition } from "../definition.ts";
import { spreadOf } from "../design-effect.ts";
import { criticalOf, lookAt } from "../look.ts";

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
 * Effect of an arm on a rate from its first day on. Bounds are those of the declared looks: of a group-sequential test on the days
 * whose people were looked at, of a sequence on all days together.
 */
export function cumulativeEffect(
  days: readonly ArmDay[],
  controlId: string,
  armId: string,
  definition: Definition,
  comparisons: number,
  looksTaken: readonly number[],
  dataGrade: string,
): CumulativePoint[] {
  const byDate = Map.groupBy(days, ({ date }) => date);
  let [nc, xc, nt, xt, all, before] = [0, 0, 0, 0, 0, 0];
  return [...byDate.keys()].toSorted().flatMap((date, i): CumulativePoint[] => {
    const spread = spreadOf(definition, [{ dataGrade, unitDays: i + 1 }]);
    for (const day of byDate.get(date)!) {
      all += day.n;
      if (day.armId === controlId) [nc, xc] = [nc + day.n, xc + (day.x ?? 0)];
      if (day.armId === armId) [nt, xt] = [nt + day.n, xt + (day.x ?? 0)];
    }
    if (nc === 0 || nt === 0) return [];
    const [pc, pt] = [xc / nc, xt / nt];
    const se = Math.sqrt((spread ?? 0) * ((pc * (1 - pc)) / nc + (pt * (1 - pt)) / nt));
    const isLook =
      definition.looks.kind !== "group_sequential" || looksTaken.some((n) => n <= all && n > before);
    before = all;
    const early = !isLook || (Math.min(nc, nt) < definition.min_units && definition.looks.kind !== "fixed");
    const look = lookAt(
      definition,
      definition.alpha,
      all,
      looksTaken.filter((units) => units < all),
    );
    const critical = early || se === 0 ? null : criticalOf(look, nc + nt, comparisons);
    const half = critical === null ? null : critical * se;
    return [
      {
        date,
        effect: pt - pc,
        low: half === null ? null : pt - pc - half,
        high: half === null ? null : pt - pc + half,
        units: all,
      },
    ];
  });
}

/** A line with its band, over days; effects in points. */
export function cumulativeChart(points: readonly CumulativePoint[]): Spec {
  const values = points.map((point) => ({ ...point, at: Date.parse(point.date) }));
  const banded = values.filter(({ low }) => low !== null);
  const ends = (banded.length > 0 ? banded : values).flatMap(({ low, high, effect }) => [
    low ?? effect,
    high ?? effect,
    0,
  ]);
  // The first days' bands are wider than anything later: they may leave the picture.
  const last = banded.at(-1);
  const reach = last ? Math.abs(last.effect) + 3 * (last.high! - last.low!) : Math.max(...ends.map(Math.abs));
  const domain = [Math.max(Math.min(...ends), -reach), Math.min(Math.max(...ends), reach)];
  const x = { scale: "x", field: "at" };
  return {
    width: 640,
    height: 240,
    padding: 4,
    data: [
      { name: "points", values },
      { name: "banded", values: banded },
    ],
    scales: [
      { name: "x", type: "utc", domain: { data: "points", field: "at" }, range: "width" },
      { name: "y", type: "linear", domain, range: "height", nice: true, clamp: true },
    ],
    axes: [
      { orient: "bottom", scale: "x", tickCount: 6, format: "%-d %b" },
      {
        orient: "left",
        scale: "y",
        format: "+.1~%",
        title: "difference, in points",
        grid: true,
        tickCount: 5,
      },
    ],
    marks: [
      {
        type: "area",
        from: { data: "banded" },
        encode: {
          enter: {
            x,
            y: { scale: "y", field: "low" },
            y2: { scale: "y", field: "high" },
            fill: { value: "var(--band)" },
          },
        },
      },
      {
        type: "rule",
        encode: {
          enter: {
            x: { value: 0 },
            x2: { value: 640 },
            y: { scale: "y", value: 0 },
            stroke: { value: "var(--soft)" },
          },
        },
      },
      {
        type: "line",
        from: { data: "points" },
        encode: {
          enter: {
            x,
            y: { scale: "y", field: "effect" },
            stroke: { value: "var(--plain)" },
            strokeWidth: { value: 2.5 },
          },
        },
      },
    ],
  };
}
