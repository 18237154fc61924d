import { type Calendar, dayNumber } from "./calendar.ts";
import { hash32 } from "./random.ts";

/** The oldest objects were created in the year after this day. All ages are absolute: they do not depend on `now`. */
export const ANCHOR_DAY = dayNumber("2021-01-04");

/**
 * How an object ages.
 * - `permanent`: created long ago, live ever since.
 * - `rotating`: every few months deleted and replaced by a new object with a new id.
 * - `season_archived`, `season_stopped`: live for two months, then archived (or disabled) for two, and so on.
 * - `draft`: never launched. `retired`: archived long ago.
 */
export type Ageing = "permanent" | "rotating" | "season_archived" | "season_stopped" | "draft" | "retired";

export interface Lifespan {
  ageing: Ageing;
  createdDay: number;
  /** Minute of `createdDay` at which it appears. */
  createdMinute: number;
  /** The day from which it no longer exists, at the same minute. */
  deletedDay: number | undefined;
  /** Days in one season, or in the life of a rotating object. */
  periodDays: number;
  /** Days between two edits in the dashboard. */
  editEveryDays: number;
}

/** An object's flags at one moment. */
export interface ObjectState {
  archived: boolean;
  draft: boolean;
  enabled: boolean;
  hasPostLaunchDraft: boolean;
  createdMs: number;
  lastEditedMs: number;
  /** How often it was edited: texts and tags change with it, ids never. */
  revision: number;
}

const SEASON_DAYS = 120;

/** The generation of a rotating slot that exists on a local day; 0 for objects that never rotate. */
export function generationOn(ageing: Ageing, slotHash: number, day: number): number {
  if (ageing !== "rotating") return 0;
  const period = rotationDays(slotHash);
  return Math.floor((day - ANCHOR_DAY - (hash32(slotHash, 7) % period)) / period);
}

export function lifespanOf(ageing: Ageing, slotHash: number, cycle: number, generation: number): Lifespan {
  // The same for all generations of a slot: one ends in the minute in which the next begins.
  const minute = 420 + (hash32(slotHash, 11) % 600);
  const common = {
    ageing,
    createdMinute: minute,
    editEveryDays: 35 + (hash32(slotHash, generation, 12) % 50),
  };
  if (ageing === "rotating") {
    const period = rotationDays(slotHash);
    const created = ANCHOR_DAY + (hash32(slotHash, 7) % period) + generation * period;
    return { ...common, createdDay: created, deletedDay: created + period, periodDays: period };
  }
  const created = ANCHOR_DAY + (cycle % 3) * (SEASON_DAYS / 3) + (hash32(slotHash, 13) % 12);
  return { ...common, createdDay: created, deletedDay: undefined, periodDays: SEASON_DAYS };
}

/** Whether the object sends (or lets people in) on a local day, its own weekly rhythm aside. */
export function isLiveOn(life: Lifespan, day: number): boolean {
  const age = day - life.createdDay;
  if (age < 2 || (life.deletedDay !== undefined && day >= life.deletedDay)) return false;
  if (life.ageing === "permanent") return true;
  if (life.ageing === "draft") return false;
  if (life.ageing === "retired") return age < life.periodDays;
  if (life.ageing === "rotating") return age < life.periodDays * 0.6;
  return age % life.periodDays < life.periodDays / 2;
}

/** Whether the object exists at an instant: created, and not yet deleted. */
export function existsAt(life: Lifespan, calendar: Calendar, nowMs: number): boolean {
  if (instant(calendar, life.createdDay, life.createdMinute) > nowMs) return false;
  return life.deletedDay === undefined || instant(calendar, life.deletedDay, life.createdMinute) > nowMs;
}

/** The object's flags at an instant. Asking about a deleted object gives its last state. */
export function stateAt(life: Lifespan, calendar: Calendar, nowMs: number): ObjectState {
  const today = Math.min(calendar.dayOf(nowMs), life.deletedDay ?? Number.POSITIVE_INFINITY);
  const age = Math.max(0, today - life.createdDay);
  const createdMs = instant(calendar, life.createdDay, life.createdMinute);
  const revision = Math.floor(age / life.editEveryDays);
  const edited = instant(calendar, life.createdDay + revision * life.editEveryDays, life.createdMinute);
  const archived = isArchived(life, age);
  const draft = life.ageing === "draft";
  return {
    archived,
    draft,
    enabled: !draft && !archived && !isStopped(life, age),
    hasPostLaunchDraft: life.ageing === "permanent" && revision % 4 === 3,
    createdMs,
    lastEditedMs: edited <= nowMs ? edited : Math.max(createdMs, edited - life.editEveryDays * 86_400_000),
    revision: edited <= nowMs ? revision : Math.max(0, revision - 1),
  };
}

function isArchived(life: Lifespan, age: number): boolean {
  if (life.ageing === "retired") return age >= life.periodDays;
  if (life.ageing === "rotating") return age >= life.periodDays * 0.8;
  return life.ageing === "season_archived" && age % life.periodDays >= life.periodDays / 2;
}

function isStopped(life: Lifespan, age: number): boolean {
  if (life.ageing === "rotating") return age >= life.periodDays * 0.6;
  return life.ageing === "season_stopped" && age % life.periodDays >= life.periodDays / 2;
}

function rotationDays(slotHash: number): number {
  return 70 + (hash32(slotHash, 6) % 50);
}

function instant(calendar: Calendar, day: number, minute: number): number {
  return calendar.startOf(day) + minute * 60_000;
}
