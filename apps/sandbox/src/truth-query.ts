import { dayNumber, type World } from "@lifecycle/simulation";

/** Which part of the truth is asked for; see README.md for the shape of the answer. */
export interface TruthQuery {
  fromDay: number;
  untilDay: number;
  campaignId: string | null;
  canvasId: string | null;
  /** Whether a section belongs in the answer. */
  wants: (section: string) => boolean;
  appId: string | null;
  segmentId: string | null;
  withDays: boolean;
  withDeleted: boolean;
}

export function readTruthQuery(query: URLSearchParams, world: World, nowMs: number): TruthQuery {
  const today = world.calendar.dayOf(nowMs);
  const day = (name: string, otherwise: number) => {
    const number = dayNumber(query.get(name) ?? "");
    return Number.isNaN(number) ? otherwise : number;
  };
  return {
    fromDay: Math.max(day("from", world.firstDay), world.firstDay),
    untilDay: Math.min(day("to", today), today),
    campaignId: query.get("campaign_id"),
    canvasId: query.get("canvas_id"),
    wants: sectionsOf(query),
    appId: query.get("app_id"),
    segmentId: query.get("segment_id"),
    withDays: query.get("days") !== "false",
    withDeleted: query.get("include_deleted") === "true",
  };
}

const DEFAULT_SECTIONS = ["campaigns", "canvases"];

function sectionsOf(query: URLSearchParams): (name: string) => boolean {
  const only = query.get("only");
  if (only === "all") return () => true;
  const named = only?.split(",") ?? (query.has("campaign_id") ? ["campaigns"] : undefined);
  const wanted = named ?? (query.has("canvas_id") ? ["canvases"] : DEFAULT_SECTIONS);
  return (name) => wanted.includes(name);
}
