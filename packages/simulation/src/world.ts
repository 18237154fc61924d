import { type Audience, createAudience } from "./audience.ts";
import { type Calendar, createCalendar } from "./calendar.ts";
import { type Campaign, campaignGeneration, plantCampaign } from "./campaign.ts";
import { campaignSends } from "./campaign-sends.ts";
import { type Canvas, canvasGeneration, plantCanvas } from "./canvas.ts";
import { canvasEntries } from "./canvas-entries.ts";
import type { EventLog } from "./event-log.ts";
import { existsAt, type ObjectState, stateAt } from "./lifecycle.ts";
import { type ResolvedSettings, resolveSettings, type WorldSettings } from "./settings.ts";

/**
 * A company with its campaigns, Canvases and users. Everything is made on demand and is a function of the seed and the
 * calendar day alone; `nowMs` only decides what has become visible. Nothing here keeps more than definitions.
 */
export interface World {
  readonly settings: ResolvedSettings;
  readonly calendar: Calendar;
  /** The users of the company's apps: sessions, events, purchases, segments, profiles. */
  readonly audience: Audience;
  /** The first local day that has rows. Earlier sends happened (they still convert later) but are not reported. */
  readonly firstDay: number;
  /** Campaigns that exist at an instant, oldest first. `deleted` adds those deleted since `firstDay`. */
  campaigns(nowMs: number, deleted?: boolean): Campaign[];
  canvases(nowMs: number, deleted?: boolean): Canvas[];
  campaignById(id: string, nowMs: number): Campaign | undefined;
  canvasById(id: string, nowMs: number): Canvas | undefined;
  stateOf(object: Campaign | Canvas, nowMs: number): ObjectState;
  existsAt(object: Campaign | Canvas, nowMs: number): boolean;
  /** All that follows from a campaign's sends of one local day, whenever it happens. */
  sends(campaign: Campaign, day: number): EventLog;
  /** All that follows from a Canvas's entries of one local day, whenever it happens. */
  entries(canvas: Canvas, day: number): EventLog;
}

/** Makes a world. Throws a RangeError when a setting is out of range or the time zone is unknown. */
export function createWorld(given: WorldSettings): World {
  const settings = resolveSettings(given);
  const calendar = createCalendar(settings.timeZone);
  const firstDay = calendar.dayOf(settings.nowMs) - (settings.days - 1);
  const campaigns = slots(
    settings.campaigns,
    (index, day) => campaignGeneration(settings.seedNumber, index, day),
    (index, generation) =>
      plantCampaign(settings.seedNumber, index, generation, settings.users, settings.defects),
  );
  const canvases = slots(
    settings.canvases,
    (index, day) => canvasGeneration(settings.seedNumber, index, day),
    (index, generation) =>
      plantCanvas(settings.seedNumber, index, generation, settings.users, settings.experimentPaths),
  );
  function existing<T extends Campaign | Canvas>(all: Slots<T>, nowMs: number, deleted: boolean): T[] {
    const found = all(firstDay, calendar.dayOf(nowMs)).filter(
      (object) => existsAt(object.life, calendar, nowMs) || (deleted && isPast(object, nowMs)),
    );
    const born = (object: T) => object.life.createdDay * 1440 + object.life.createdMinute;
    return found.sort((a, b) => born(a) - born(b) || a.index - b.index);
  }
  const isPast = (object: Campaign | Canvas, nowMs: number) =>
    (object.life.deletedDay ?? 0) > firstDay && stateAt(object.life, calendar, nowMs).createdMs <= nowMs;
  const listCampaigns = remember((nowMs: number, deleted: boolean) => existing(campaigns, nowMs, deleted));
  const listCanvases = remember((nowMs: number, deleted: boolean) => existing(canvases, nowMs, deleted));
  return {
    settings,
    calendar,
    audience: createAudience(settings, calendar),
    firstDay,
    campaigns: (nowMs, deleted = false) => listCampaigns(nowMs, deleted).list,
    canvases: (nowMs, deleted = false) => listCanvases(nowMs, deleted).list,
    campaignById: (id, nowMs) => listCampaigns(nowMs, false).byId.get(id),
    canvasById: (id, nowMs) => listCanvases(nowMs, false).byId.get(id),
    stateOf: (object, nowMs) => stateAt(object.life, calendar, nowMs),
    existsAt: (object, nowMs) => existsAt(object.life, calendar, nowMs),
    sends: (campaign, day) =>
      campaignSends(campaign, day, calendar, settings.users, firstDay + Math.floor(settings.days / 2)),
    entries: (canvas, day) => canvasEntries(canvas, day, calendar, settings.users),
  };
}

/** Every object of all slots that lives at any time between two local days. */
type Slots<T> = (fromDay: number, untilDay: number) => T[];

function slots<T>(
  count: number,
  generationOn: (index: number, day: number) => number,
  plant: (index: number, generation: number) => T,
): Slots<T> {
  const planted = new Map<string, T>();
  return (fromDay, untilDay) => {
    const all: T[] = [];
    for (let index = 0; index < count; index++) {
      // One generation earlier: an object is replaced at an hour of the day, not at midnight.
      const first = generationOn(index, fromDay - 1);
      for (let generation = first; generation <= generationOn(index, untilDay); generation++) {
        const name = `${index}/${generation}`;
        if (!planted.has(name)) planted.set(name, plant(index, generation));
        all.push(planted.get(name)!);
      }
    }
    return all;
  };
}

/** Keeps the last list for each flag: with a frozen clock every call after the first is free. */
function remember<T extends { id: string }>(make: (nowMs: number, deleted: boolean) => T[]) {
  const last = new Map<boolean, { minute: number; list: T[]; byId: Map<string, T> }>();
  return (nowMs: number, deleted: boolean) => {
    const minute = Math.floor(nowMs / 60_000);
    const known = last.get(deleted);
    if (known?.minute === minute) return known;
    const list = make(minute * 60_000, deleted);
    const made = { minute, list, byId: new Map(list.map((object) => [object.id, object])) };
    last.set(deleted, made);
    return made;
  };
}
