import { dateText } from "./calendar.ts";
import type { Canvas } from "./canvas.ts";
import { blankEvent, EventKind, type EventLog } from "./event-log.ts";
import { type ChannelStats, channelStats, newTally, type Tally } from "./truth-counters.ts";
import type { World } from "./world.ts";

/** Conversions dated when they happened, and again at the entry that they followed; revenue when it happened. */
export interface CanvasOutcomes {
  conversions: number;
  conversions_by_entry_time: number;
  revenue: number;
  revenue_minor: number;
}

export interface CanvasVariantTruth extends CanvasOutcomes {
  variation_id: string;
  variation_name: string;
  is_control: boolean;
  entries: number;
}

export interface CanvasStepTruth extends CanvasOutcomes {
  step_id: string;
  step_name: string;
  /** Braze shows it only with `include_deleted_step_data`. */
  is_deleted: boolean;
  channel: string | null;
  /** Braze's own counters, credited to the day on which the step sent; null for steps that send nothing. */
  stats: ChannelStats | null;
}

export interface CanvasDayTruth extends CanvasOutcomes {
  date: string;
  entries: number;
  variants: CanvasVariantTruth[];
  steps: CanvasStepTruth[];
}

interface DayCount {
  /** Per variant, per step: conversions by date, by entry date, cents. */
  variants: Int32Array[];
  steps: Int32Array[];
  entries: number[];
  tallies: Tally[];
}

/** What Braze must report for a Canvas on the local days [fromDay, untilDay], counted from the planted users. */
export function canvasTruth(
  world: World,
  canvas: Canvas,
  nowMs: number,
  fromDay: number,
  untilDay: number,
): CanvasDayTruth[] {
  const days = Array.from(
    { length: untilDay - fromDay + 1 },
    (): DayCount => ({
      variants: canvas.variants.map(() => new Int32Array(3)),
      steps: canvas.steps.map(() => new Int32Array(3)),
      entries: canvas.variants.map(() => 0),
      tallies: canvas.steps.map(newTally),
    }),
  );
  for (let day = fromDay - canvas.settledAfterDays; day <= untilDay; day++) {
    count(world, world.entries(canvas, day), nowMs, (at) => days[at - fromDay]);
  }
  return days.map((day, index) => toTruth(canvas, dateText(fromDay + index), day));
}

function count(
  world: World,
  log: EventLog,
  nowMs: number,
  dayAt: (day: number) => DayCount | undefined,
): void {
  const { calendar } = world;
  const lastMinute = Math.floor((nowMs - calendar.startOf(log.day)) / 60_000);
  const event = blankEvent();
  const seen = new Set<number>();
  const entryDay = dayAt(log.day);
  for (let index = 0; index < log.length; index++) {
    log.read(index, event);
    if (event.minute > lastMinute) continue;
    if (event.kind === EventKind.entry) {
      if (entryDay) entryDay.entries[event.arm]!++;
    } else if (event.kind === EventKind.purchase || event.kind === EventKind.conversionA) {
      const happened = dayAt(log.day + calendar.daysLater(log.day, event.minute));
      const bought = event.kind === EventKind.purchase;
      add(happened, event.arm, event.message, bought ? 2 : 0, bought ? event.valueMinor : 1);
      if (!bought) add(entryDay, event.arm, event.message, 1, 1);
    } else {
      const sentDay = dayAt(log.day + calendar.daysLater(log.day, event.anchorMinute));
      const once = event.dispatch * 32 + event.kind;
      const tally = sentDay?.tallies[event.message];
      if (tally) tally.totals[event.kind]!++;
      if (tally && !seen.has(once)) tally.uniques[event.kind]!++;
      seen.add(once);
    }
  }
}

function add(day: DayCount | undefined, variant: number, step: number, column: number, amount: number): void {
  if (!day) return;
  day.variants[variant]![column]! += amount;
  if (step >= 0) day.steps[step]![column]! += amount;
}

function toTruth(canvas: Canvas, date: string, day: DayCount): CanvasDayTruth {
  const total = new Int32Array(3);
  for (const cells of day.variants) for (const [column, value] of cells.entries()) total[column]! += value;
  return {
    date,
    entries: day.entries.reduce((sum, entries) => sum + entries, 0),
    ...outcomes(total),
    variants: canvas.variants.map((variant, index) => ({
      variation_id: variant.id,
      variation_name: variant.name,
      is_control: variant.isControl,
      entries: day.entries[index]!,
      ...outcomes(day.variants[index]!),
    })),
    steps: canvas.steps.map((step, index) => ({
      step_id: step.id,
      step_name: step.name,
      is_deleted: step.isDeleted,
      channel: step.channel ?? null,
      ...outcomes(day.steps[index]!),
      stats: step.channel ? channelStats(step.channel, day.tallies[index]!) : null,
    })),
  };
}

function outcomes(cells: Int32Array): CanvasOutcomes {
  return {
    conversions: cells[0]!,
    conversions_by_entry_time: cells[1]!,
    revenue: cells[2]! / 100,
    revenue_minor: cells[2]!,
  };
}
