import { blankEvent, type Canvas, dateText, EventKind, type World } from "@lifecycle/simulation";
import type { DayRange } from "../day-range.ts";
import { named, raise } from "./counters.ts";
import { createDayCache } from "./day-cache.ts";

/** What one day's entries come to, by the number of days after entry, as far as it is visible. */
interface EntryDay {
  entries: Int32Array;
  /** [step or variant × 2 …]: conversions by entry time. Variants first, then steps. */
  byEntryTime: Int32Array;
  /** Per day after entry: [(variant or step) × 2]: conversions and cents. */
  later: Int32Array[];
  /** Per day after entry: one block of counters per step. */
  counters: (Int32Array[] | undefined)[];
}

/** What a row is made of; `extra` flags decide what is shown. */
export interface CanvasBreakdown {
  variants: boolean;
  steps: boolean;
  deletedSteps: boolean;
}

export interface CanvasNumbers {
  revenue: number;
  conversions: number;
  conversions_by_entry_time: number;
  entries: number;
}

export interface CanvasRow {
  time: string;
  total_stats: CanvasNumbers;
  variant_stats?: Record<string, CanvasNumbers & { name: string }>;
  step_stats?: Record<string, CanvasStepNumbers>;
}

export interface CanvasStepNumbers extends Omit<CanvasNumbers, "entries"> {
  name: string;
  messages: Record<string, Record<string, number>[]>;
}

export type CanvasSeries = (
  canvas: Canvas,
  range: DayRange,
  nowMs: number,
  breakdown: CanvasBreakdown,
) => CanvasRow[];

/** The rows of /canvas/data_series, built from per-day summaries that are cached across requests. */
export function createCanvasSeries(world: World): CanvasSeries {
  const cache = createDayCache<EntryDay>(4_000, world.calendar.dayOf);
  const summaryOf = (canvas: Canvas, day: number, nowMs: number) =>
    cache.get(canvas.id, day, canvas.settledAfterDays, nowMs, () => summarise(world, canvas, day, nowMs));

  return (canvas, range, nowMs, breakdown) => {
    const oldest = Math.max(range.from, world.firstDay) - canvas.settledAfterDays + 1;
    // Newest first: what happened on a day follows from it and the days after it in this list.
    const summaries: EntryDay[] = [];
    for (let day = range.until; day >= oldest; day--) summaries.push(summaryOf(canvas, day, nowMs));
    const rows: CanvasRow[] = [];
    for (let day = range.from; day <= range.until; day++) {
      const place = range.until - day;
      const reported = day >= world.firstDay;
      const days = reported ? summaries.slice(place, place + canvas.settledAfterDays) : [];
      rows.push(toRow(canvas, day, days, breakdown));
    }
    return rows;
  };
}

function summarise(world: World, canvas: Canvas, day: number, nowMs: number): EntryDay {
  const places = canvas.variants.length + canvas.steps.length;
  const sum: EntryDay = {
    entries: new Int32Array(canvas.variants.length),
    byEntryTime: new Int32Array(places),
    later: [],
    counters: [],
  };
  const log = world.entries(canvas, day);
  const visible = (nowMs - world.calendar.startOf(day)) / 60_000;
  const event = blankEvent();
  let dispatch = -1;
  let seenKinds = 0;
  for (let at = 0; at < log.length; at++) {
    log.read(at, event);
    if (event.minute > visible) continue;
    if (event.kind === EventKind.entry) {
      sum.entries[event.arm]!++;
      continue;
    }
    if (event.kind === EventKind.conversionA || event.kind === EventKind.purchase) {
      const late = world.calendar.daysLater(day, event.minute);
      sum.later[late] ??= new Int32Array(places * 2);
      const isRevenue = event.kind === EventKind.purchase;
      const touched = event.message < 0 ? [event.arm] : [event.arm, canvas.variants.length + event.message];
      for (const place of touched) {
        sum.later[late]![place * 2 + (isRevenue ? 1 : 0)]! += isRevenue ? event.valueMinor : 1;
        if (!isRevenue) sum.byEntryTime[place]!++;
      }
      continue;
    }
    if (event.dispatch !== dispatch) seenKinds = 0;
    dispatch = event.dispatch;
    const isFirst = (seenKinds & (1 << event.kind)) === 0;
    seenKinds |= 1 << event.kind;
    const late = world.calendar.daysLater(day, event.anchorMinute);
    sum.counters[late] ??= canvas.steps.map(() => new Int32Array(10));
    raise(sum.counters[late]![event.message]!, canvas.steps[event.message]!.channel!, event.kind, isFirst);
  }
  return sum;
}

function toRow(canvas: Canvas, day: number, days: EntryDay[], breakdown: CanvasBreakdown): CanvasRow {
  const variants = canvas.variants.map((variant, place) => ({
    id: variant.id,
    name: variant.name,
    numbers: { ...numbersOf(days, place), entries: days[0]?.entries[place] ?? 0 },
  }));
  const row: CanvasRow = { time: dateText(day), total_stats: total(variants.map(({ numbers }) => numbers)) };
  if (breakdown.variants) {
    row.variant_stats = Object.fromEntries(
      variants.map(({ id, name, numbers }) => [id, { name, ...numbers }]),
    );
  }
  if (breakdown.steps) row.step_stats = stepStats(canvas, days, breakdown.deletedSteps);
  return row;
}

function stepStats(canvas: Canvas, days: EntryDay[], deleted: boolean): Record<string, CanvasStepNumbers> {
  const stats: Record<string, CanvasStepNumbers> = {};
  canvas.steps.forEach((step, index) => {
    if (step.isDeleted && !deleted) return;
    const messages: CanvasStepNumbers["messages"] = {};
    if (step.channel) {
      const cells = new Int32Array(10);
      days.forEach((sum, late) => {
        const block = sum.counters[late]?.[index];
        if (block) for (const [at, value] of block.entries()) cells[at]! += value;
      });
      messages[step.channel] = [named(step.channel, cells)];
    }
    stats[step.id] = { name: step.name, ...numbersOf(days, canvas.variants.length + index), messages };
  });
  return stats;
}

/** `days[n]` are the entries of n days ago; place is a variant or, after those, a step. */
function numbersOf(days: EntryDay[], place: number): Omit<CanvasNumbers, "entries"> {
  let conversions = 0;
  let cents = 0;
  days.forEach((sum, late) => {
    conversions += sum.later[late]?.[place * 2] ?? 0;
    cents += sum.later[late]?.[place * 2 + 1] ?? 0;
  });
  return { revenue: cents / 100, conversions, conversions_by_entry_time: days[0]?.byEntryTime[place] ?? 0 };
}

function total(parts: CanvasNumbers[]): CanvasNumbers {
  const sum = (key: keyof CanvasNumbers) => parts.reduce((value, part) => value + part[key], 0);
  return {
    revenue: Math.round(sum("revenue") * 100) / 100,
    conversions: sum("conversions"),
    conversions_by_entry_time: sum("conversions_by_entry_time"),
    entries: sum("entries"),
  };
}
