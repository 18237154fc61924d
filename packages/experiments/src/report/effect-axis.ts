import type { Axis, Mark } from "vega";

/** Rates are drawn in points, everything else in its own unit. */
export function effectScale(kind: string): (value: number | null) => number | null {
  const by = kind === "proportion" ? 100 : 1;
  return (value) => (value === null ? null : by * value);
}

/** What an axis of differences says. */
export function effectTitle(metric: string, kind: string, direction: string): string {
  const unit = kind === "proportion" ? ", points" : "";
  return `difference in ${metric}${unit} (${direction === "lower" ? "down" : "up"} is better)`;
}

/** The axis of differences, with digits enough for the smallest of them. */
export function effectAxis(values: readonly number[]): Axis {
  const largest = Math.max(0, ...values.map(Math.abs));
  return {
    orient: "left",
    scale: "y",
    grid: true,
    tickCount: 6,
    encode: signedLabels(largest < 1 ? "+.3~g" : "+,.2~f"),
  };
}

/** Labels with their sign; zero has none. */
export const signedLabels = (format: string) => ({
  labels: {
    update: { text: { signal: `datum.value === 0 ? "0" : format(datum.value, "${format}")` } },
  },
});

/** Said above the axis rather than along it: a phone has no room beside it. */
export const axisTitle = (title: string): Mark => ({
  type: "text",
  encode: {
    enter: { x: { value: -50 }, y: { value: -14 }, text: { value: title }, fill: { value: "var(--soft)" } },
  },
});
