import {
  type Campaign,
  type CampaignDayTruth,
  type Canvas,
  type CanvasDayTruth,
  campaignTruth,
  canvasTruth,
  dateText,
  type World,
} from "@lifecycle/simulation";
import type { TruthQuery } from "./truth-query.ts";
import { workspaceSections } from "./truth-workspace.ts";

/** The truth as JSON text in pieces, one object of the world at a time, so that no whole answer is ever in memory. */
export function* truthText(world: World, nowMs: number, query: TruthQuery): Generator<string> {
  const head = {
    seed: world.settings.seed,
    now: new Date(nowMs).toISOString(),
    time_zone: world.settings.timeZone,
    from: dateText(query.fromDay),
    to: dateText(query.untilDay),
  };
  yield JSON.stringify(head).slice(0, -1);
  yield* section("campaigns", campaignsAsked(world, nowMs, query), (campaign) =>
    campaignEntry(world, campaign, nowMs, query),
  );
  yield* section("canvases", canvasesAsked(world, nowMs, query), (canvas) =>
    canvasEntry(world, canvas, nowMs, query),
  );
  for (const [name, make] of Object.entries(workspaceSections)) {
    if (query.wants(name)) yield `,"${name}":${JSON.stringify(make(world, nowMs, query))}`;
  }
  yield "}";
}

function* section<T>(name: string, objects: T[], entry: (object: T) => object): Generator<string> {
  yield `,"${name}":[`;
  let comma = "";
  for (const object of objects) {
    yield comma + JSON.stringify(entry(object));
    comma = ",";
  }
  yield "]";
}

function campaignsAsked(world: World, nowMs: number, query: TruthQuery): Campaign[] {
  if (!query.wants("campaigns")) return [];
  const all = world.campaigns(nowMs, query.withDeleted);
  return query.campaignId ? all.filter((campaign) => campaign.id === query.campaignId) : all;
}

function canvasesAsked(world: World, nowMs: number, query: TruthQuery): Canvas[] {
  if (!query.wants("canvases")) return [];
  const all = world.canvases(nowMs, query.withDeleted);
  return query.canvasId ? all.filter((canvas) => canvas.id === query.canvasId) : all;
}

function flags(world: World, object: Campaign | Canvas, nowMs: number) {
  const { archived, draft, enabled } = world.stateOf(object, nowMs);
  return { archived, draft, enabled, deleted: !world.existsAt(object, nowMs) };
}

function armEntry(
  arm: Campaign["arms"][number] | Canvas["variants"][number],
  variations: readonly { id: string }[],
): object {
  return {
    name: arm.name,
    variation_ids: variations.map(({ id }) => id),
    is_control: arm.isControl,
    allocation: arm.allocation,
    conversion_rate: arm.conversionRate,
    lift: arm.lift,
  };
}

function campaignEntry(world: World, campaign: Campaign, nowMs: number, query: TruthQuery): object {
  const days = campaignTruth(world, campaign, nowMs, query.fromDay, query.untilDay);
  return {
    campaign_id: campaign.id,
    name: campaign.name,
    is_api_campaign: campaign.isApi,
    is_multivariate: campaign.isMultivariate,
    channels: campaign.channels,
    ...flags(world, campaign, nowMs),
    conversion_window_days: campaign.behaviors.map((behavior) => behavior.windowDays),
    planted: {
      kind: campaign.planted,
      ...(campaign.defect === null ? {} : { defect: campaign.defect }),
      arms: campaign.arms.map((arm, index) =>
        armEntry(
          arm,
          campaign.messages.filter((message) => message.arm === index),
        ),
      ),
    },
    totals: campaignTotals(days),
    ...(query.withDays ? { days } : {}),
  };
}

function canvasEntry(world: World, canvas: Canvas, nowMs: number, query: TruthQuery): object {
  const days = canvasTruth(world, canvas, nowMs, query.fromDay, query.untilDay);
  return {
    canvas_id: canvas.id,
    name: canvas.name,
    channels: canvas.channels,
    ...flags(world, canvas, nowMs),
    conversion_window_days: canvas.behaviors.map((behavior) => behavior.windowDays),
    planted: {
      kind: canvas.planted,
      arms: canvas.variants.map((variant) => armEntry(variant, [variant])),
    },
    totals: canvasTotals(days),
    ...(query.withDays ? { days } : {}),
  };
}

function campaignTotals(days: CampaignDayTruth[]): object {
  const variants = days[0]?.variants.map((_, place) => sum(days.map((day) => day.variants[place]!))) ?? [];
  return { ...sum(days.map(({ variants: _, date: __, ...day }) => day)), variants };
}

function canvasTotals(days: CanvasDayTruth[]): object {
  const variants = days[0]?.variants.map((_, place) => sum(days.map((day) => day.variants[place]!))) ?? [];
  const steps = days[0]?.steps.map((_, place) => sum(days.map((day) => day.steps[place]!))) ?? [];
  return { ...sum(days.map(({ variants: _, steps: __, date: ___, ...day }) => day)), variants, steps };
}

/** Adds up what is a number, nested counters too, and keeps the rest of the first. */
function sum(rows: readonly object[]): Record<string, unknown> {
  const total: Record<string, unknown> = {};
  for (const row of rows) {
    for (const [name, value] of Object.entries(row)) {
      if (name === "revenue") continue;
      if (typeof value === "number") total[name] = ((total[name] as number | undefined) ?? 0) + value;
      else if (value !== null && typeof value === "object" && !Array.isArray(value)) {
        total[name] = sum([(total[name] as object | undefined) ?? {}, value]);
      } else total[name] = value;
    }
  }
  if (typeof total.revenue_minor === "number") total.revenue = total.revenue_minor / 100;
  return total;
}
