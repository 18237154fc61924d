import {
  contactTruth,
  eventTruth,
  kpiTruth,
  purchaseTruth,
  segmentTruth,
  sendsOn,
  sendTruth,
  type World,
} from "@lifecycle/simulation";
import { SEND_KEPT_DAYS, sendIdOf } from "./endpoints/sends.ts";
import type { TruthQuery } from "./truth-query.ts";

type Section = (world: World, nowMs: number, query: TruthQuery) => object;

/** The parts of the truth beyond campaigns and Canvases; asked for by name. */
export const workspaceSections: Record<string, Section> = {
  apps: (world) => world.audience.catalogue.apps.map(({ id, name }) => ({ app_id: id, name })),
  sends: (world, nowMs) => sends(world, nowMs),
  kpis: (world, nowMs, query) => {
    const span = spanOf(world, nowMs, query);
    const perApp = world.audience.catalogue.apps.map(({ id }, app) => [
      id,
      kpiTruth(world, { ...span, app }),
    ]);
    return { all: kpiTruth(world, { ...span, app: undefined }), ...Object.fromEntries(perApp) };
  },
  events: (world, nowMs, query) => eventTruth(world, spanOf(world, nowMs, query)),
  purchases: (world, nowMs, query) => purchaseTruth(world, spanOf(world, nowMs, query)),
  segments: (world, nowMs, query) => segmentTruth(world, spanOf(world, nowMs, query)),
  contacts: (world, nowMs, query) => ({
    hard_bounces: contactTruth(world, "hard_bounces", spanOf(world, nowMs, query)),
    unsubscribes: contactTruth(world, "unsubscribes", spanOf(world, nowMs, query)),
    invalid_phones: contactTruth(world, "invalid_phones", spanOf(world, nowMs, query)),
  }),
  global_control_group: (world, nowMs) => {
    const members = [...world.audience.members(undefined, world.calendar.dayOf(nowMs))];
    const size = members.filter(({ number }) => world.audience.population.isGlobalControl(number)).length;
    return { size, message_lift: world.settings.messageLift / 100 };
  },
};

function spanOf(world: World, nowMs: number, query: TruthQuery) {
  const { apps, segments } = world.audience.catalogue;
  const index = (list: readonly { id: string }[], id: string | null) =>
    id === null ? undefined : list.findIndex((candidate) => candidate.id === id);
  return {
    nowMs,
    fromDay: query.fromDay,
    untilDay: query.untilDay,
    app: index(apps, query.appId),
    segment: index(segments, query.segmentId),
  };
}

/** Every send of an API campaign that Braze still has numbers for, with the days since. */
function sends(world: World, nowMs: number): object[] {
  const today = world.calendar.dayOf(nowMs);
  return world
    .campaigns(nowMs)
    .filter(({ isApi }) => isApi)
    .flatMap((campaign) => {
      const days: number[] = [];
      for (let day = Math.max(world.firstDay, today - SEND_KEPT_DAYS); day <= today; day++) {
        if (sendsOn(campaign, day)) days.push(day);
      }
      return days.map((day) => ({
        campaign_id: campaign.id,
        send_id: sendIdOf(campaign, day),
        days: sendTruth(world, campaign, day, nowMs, day, today),
      }));
    });
}
