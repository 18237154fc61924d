import type { Spec } from "vega";

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
  readonly tone: "good" | "bad" | "plain";
}

const ROW = 34;
const WIDTH = 620;

/** Intervals as a forest plot: thick this comparison alone, thin what decides, a dashed line per guardrail. */
export function forestPlot(rows: readonly ForestRow[], axisTitle: string): Spec {
  const values = rows.map((row, i) => ({
    ...row,
    ...clipped(row, domainOf(rows)),
    y: i,
    colour: `var(--${row.tone})`,
  }));
  const at = (field: string) => ({ scale: "x", field });
  const middle = { scale: "y", field: "y", band: 0.5 };
  return {
    width: WIDTH,
    height: ROW * rows.length,
    padding: 4,
    data: [
      { name: "rows", values },
      {
        name: "deciding",
        source: "rows",
        transform: [{ type: "filter", expr: "isValid(datum.decisionLow) && isValid(datum.decisionHigh)" }],
      },
      { name: "guarded", source: "rows", transform: [{ type: "filter", expr: "isValid(datum.margin)" }] },
    ],
    scales: [
      { name: "x", type: "linear", domain: domainOf(rows), range: "width", nice: true, clamp: true },
      { name: "y", type: "band", domain: values.map(({ y }) => y), range: "height" },
    ],
    axes: [
      { orient: "bottom", scale: "x", format: "+.1~%", title: axisTitle, grid: true, tickCount: 6 },
      {
        orient: "left",
        scale: "y",
        ticks: false,
        domain: false,
        labelPadding: 8,
        labelLimit: 0,
        labelColor: "var(--ink)",
        encode: {
          labels: {
            update: { text: { signal: `${JSON.stringify(rows.map(({ label }) => label))}[datum.value]` } },
          },
        },
      },
    ],
    marks: [
      {
        type: "rule",
        encode: {
          enter: {
            x: { scale: "x", value: 0 },
            y: { value: 0 },
            y2: { value: ROW * rows.length },
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
    ],
  };
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
