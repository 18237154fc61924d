import { expect } from "vitest";
import type { Installation } from "./installation.ts";

interface TruthDay {
  date: string;
  revenue_minor: number;
  [counter: string]: unknown;
}
interface TruthCampaign {
  campaign_id: string;
  name: string;
  days: (TruthDay & { variants: Record<string, number | null>[] })[];
}
interface TruthCanvas {
  canvas_id: string;
  name: string;
  days: TruthDay[];
}

const CAMPAIGN_FIGURES = [
  "unique_recipients",
  "conversions",
  "conversions1",
  "conversions2",
  "conversions3",
  "conversions_by_send_time",
] as const;
const VARIANT_SUMS = [
  "sent",
  "delivered",
  "opens",
  "unique_opens",
  "machine_opens",
  "clicks",
  "unique_clicks",
  "bounces",
  "unsubscribes",
  "enrolled",
] as const;
const CANVAS_FIGURES = ["entries", "conversions", "conversions_by_entry_time"] as const;

export interface Window {
  from: string;
  /** The last day, included. */
  to: string;
}

/** Fetches what the sandbox planted, counted from its users rather than from its answers. */
export async function fetchTruth(
  url: string,
  window: Window,
): Promise<{ campaigns: TruthCampaign[]; canvases: TruthCanvas[] }> {
  const response = await fetch(`${url}/__sandbox/truth?from=${window.from}&to=${window.to}`);
  return (await response.json()) as never;
}

export interface TruthOptions {
  /** Only this workspace's rows; all rows without. */
  workspace?: string;
  /** Campaigns that must not be published. */
  without?: readonly string[];
  /** Objects that were deleted since: the truth knows them no more, what was read of them stays. */
  gone?: readonly string[];
}

/** Every published campaign and Canvas day, figure by figure, against the sandbox's truth. */
export async function expectTruth(
  at: Installation,
  url: string,
  window: Window,
  { workspace, without = [], gone = [] }: TruthOptions = {},
): Promise<void> {
  const where = workspace === undefined ? "" : ` where workspace = '${workspace}'`;
  const truth = await fetchTruth(url, window);
  const campaigns = truth.campaigns.filter(({ campaign_id }) => !without.includes(campaign_id));
  expect(campaigns.length).toBeGreaterThan(0);
  const still = (rows: string[]) => rows.filter((row) => !gone.includes(row.split(" ", 1)[0]!));
  expect(still(await publishedCampaigns(at, where))).toEqual(expectedCampaigns(campaigns));
  expect(still(await publishedCanvases(at, where))).toEqual(expectedCanvases(truth.canvases));
}

function expectedCampaigns(campaigns: TruthCampaign[]): string[] {
  return campaigns
    .flatMap(({ campaign_id, days }) =>
      days.map((day) => {
        const sums = VARIANT_SUMS.map(
          (name) => `${name}=${sumOrNull(day.variants.map((variant) => variant[name] ?? null))}`,
        );
        const own = CAMPAIGN_FIGURES.map((name) => `${name}=${day[name]}`);
        return [campaign_id, day.date, ...own, `revenue_minor=${day.revenue_minor}`, ...sums].join(" ");
      }),
    )
    .toSorted();
}

async function publishedCampaigns(at: Installation, where: string): Promise<string[]> {
  const rows = await at.query(
    `select campaign_id, activity_date::varchar as date, unique_recipients, conversions, conversions_1 as conversions1,
       conversions_2 as conversions2, conversions_3 as conversions3, conversions_by_send_time,
       cast(revenue * 100 as bigint) as revenue_minor, ${VARIANT_SUMS.join(", ")} from agg_campaign_daily${where}`,
  );
  return rows
    .map((row) => {
      const figures = [...CAMPAIGN_FIGURES, "revenue_minor", ...VARIANT_SUMS].map(
        (name) => `${name}=${row[name]}`,
      );
      return [row.campaign_id, row.date, ...figures].join(" ");
    })
    .toSorted();
}

function expectedCanvases(canvases: TruthCanvas[]): string[] {
  return canvases
    .flatMap(({ canvas_id, days }) =>
      days.map((day) => {
        const figures = CANVAS_FIGURES.map((name) => `${name}=${day[name]}`);
        return [canvas_id, day.date, ...figures, `revenue_minor=${day.revenue_minor}`].join(" ");
      }),
    )
    .toSorted();
}

async function publishedCanvases(at: Installation, where: string): Promise<string[]> {
  const rows = await at.query(
    `select canvas_id, activity_date::varchar as date, ${CANVAS_FIGURES.join(", ")},
       cast(revenue * 100 as bigint) as revenue_minor from agg_canvas_daily${where}`,
  );
  return rows
    .map((row) => {
      const figures = [...CANVAS_FIGURES, "revenue_minor"].map((name) => `${name}=${row[name]}`);
      return [row.canvas_id, row.date, ...figures].join(" ");
    })
    .toSorted();
}

/** As SQL sums: null when nobody reports the counter. */
function sumOrNull(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}
