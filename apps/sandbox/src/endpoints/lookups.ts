import type { Segment } from "@lifecycle/simulation";
import { ApiError } from "../api-error.ts";
import { Answer, type Context } from "../endpoint.ts";
import type { Params } from "../params.ts";

/** Index of the app that `app_id` names; undefined when it is not given. */
export function appAsked(params: Params, context: Context): number | undefined {
  const id = params.text("app_id");
  if (id === undefined) return undefined;
  const index = context.world.audience.catalogue.apps.findIndex((app) => app.id === id);
  if (index < 0) throw new ApiError(400, "Invalid App ID");
  return index;
}

export function segmentById(id: string, context: Context): Segment {
  const segment = context.world.audience.catalogue.segments.find((candidate) => candidate.id === id);
  if (!segment) throw new ApiError(400, "Invalid Segment ID");
  return segment;
}

/** A segment that has a history. Without analytics tracking there is none and the call fails. */
export function trackedSegment(id: string, context: Context): Segment {
  const segment = segmentById(id, context);
  if (!segment.hasAnalytics) throw new ApiError(400, "Analytics tracking is not enabled for this segment");
  return segment;
}

/** Index of the segment that an optional `segment_id` names. */
export function segmentAsked(params: Params, context: Context): number | undefined {
  const id = params.text("segment_id");
  return id === undefined ? undefined : trackedSegment(id, context).index;
}

/** Takes the page that `page` names out of a list; past the last one it is empty. */
export function pageAsked(params: Params, size: number): <T>(rows: T[]) => T[] {
  const page = params.whole("page", 0, 1_000_000) ?? 0;
  return (rows) => rows.slice(page * size, (page + 1) * size);
}

const PER_CURSOR = 50;

/** One page of a list with cursors in the `Link` header: relative addresses, no header when one page holds all. */
export function cursorPage(path: string, key: string, rows: object[], params: Params): Answer {
  const cursor = params.text("cursor");
  const skip = cursor === undefined ? 0 : readCursor(cursor);
  const link = (place: number, rel: string) => `<${path}?cursor=${writeCursor(place)}>; rel="${rel}"`;
  const links: string[] = [];
  if (cursor !== undefined) links.push(link(Math.max(0, skip - PER_CURSOR), "prev"));
  if (skip + PER_CURSOR < rows.length) links.push(link(skip + PER_CURSOR, "next"));
  const body = { message: "success", [key]: rows.slice(skip, skip + PER_CURSOR) };
  return new Answer(body, rows.length > PER_CURSOR ? { link: links.join(",") } : {});
}

function writeCursor(skip: number): string {
  return Buffer.from(`skip:${skip}`).toString("base64");
}

function readCursor(cursor: string): number {
  const match = /^skip:(\d+)$/.exec(Buffer.from(cursor, "base64").toString("utf8"));
  if (match) return Number(match[1]);
  const error = {
    id: "invalid-cursor",
    message: "'cursor' is not valid",
    parameters: ["cursor"],
    parameter_values: [cursor],
  };
  throw new ApiError(400, "Invalid Request", { errors: [error], message: "Invalid Request" });
}
