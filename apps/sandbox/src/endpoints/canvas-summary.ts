import type { Endpoint } from "../endpoint.ts";
import { canvasDaysAsked } from "../series-window.ts";
import type { CanvasNumbers, CanvasRow, CanvasStepNumbers } from "../views/canvas-series.ts";
import { breakdownOf, canvasOf } from "./canvases.ts";

export const canvasSummaryEndpoints: Endpoint[] = [
  {
    method: "GET",
    path: "/canvas/data_summary",
    scope: "canvas.data_summary",
    bucket: "default",
    objectParam: "canvas_id",
    answer({ params }, context) {
      const canvas = canvasOf(params, context);
      const range = canvasDaysAsked(params, context, 14);
      const rows = context.series.canvas(canvas, range, context.nowMs, breakdownOf(params));
      return { message: "success", data: { name: canvas.name, ...summary(rows) } };
    },
  },
];

function summary(rows: CanvasRow[]): object {
  const variants = collect(rows.map((row) => row.variant_stats));
  const steps = collect(rows.map((row) => row.step_stats));
  return {
    total_stats: addNumbers(rows.map((row) => row.total_stats)),
    ...(variants ? { variant_stats: mapValues(variants, withoutEntryTime) } : {}),
    ...(steps ? { step_stats: mapValues(steps, stepSummary) } : {}),
  };
}

/** Lists by key, one item per day; undefined when no day has any. */
function collect<T>(days: (Record<string, T> | undefined)[]): Record<string, T[]> | undefined {
  if (days.every((day) => day === undefined)) return undefined;
  const lists: Record<string, T[]> = {};
  for (const day of days) {
    for (const [key, item] of Object.entries(day ?? {})) {
      lists[key] ??= [];
      lists[key].push(item);
    }
  }
  return lists;
}

function mapValues<T>(lists: Record<string, T[]>, change: (items: T[]) => object): Record<string, object> {
  return Object.fromEntries(Object.entries(lists).map(([key, items]) => [key, change(items)]));
}

/** The summary has no conversions by entry time per variant. */
function withoutEntryTime(items: (CanvasNumbers & { name: string })[]): object {
  const { conversions_by_entry_time: _, ...numbers } = addNumbers(items);
  return { name: items[0]!.name, ...numbers };
}

function stepSummary(items: CanvasStepNumbers[]): object {
  const { entries: _, ...numbers } = addNumbers(items.map((item) => ({ ...item, entries: 0 })));
  const messages: Record<string, object[]> = {};
  for (const channel of Object.keys(items[0]!.messages)) {
    const total: Record<string, number> = {};
    for (const item of items) {
      for (const [name, value] of Object.entries(item.messages[channel]![0]!)) {
        total[name] = (total[name] ?? 0) + value;
      }
    }
    messages[channel] = [channel.endsWith("_push") ? pushSummary(total) : total];
  }
  return { name: items[0]!.name, ...numbers, messages };
}

/** The summary's `influenced_opens` is an old name for all opens, direct ones included. */
function pushSummary(total: Record<string, number>): Record<string, number> {
  return {
    sent: total.sent!,
    opens: total.direct_opens!,
    influenced_opens: total.total_opens!,
    bounces: total.bounces!,
  };
}

function addNumbers(items: CanvasNumbers[]): CanvasNumbers {
  const sum = (key: keyof CanvasNumbers) => items.reduce((total, item) => total + item[key], 0);
  return {
    revenue: Math.round(sum("revenue") * 100) / 100,
    conversions: sum("conversions"),
    conversions_by_entry_time: sum("conversions_by_entry_time"),
    entries: sum("entries"),
  };
}
