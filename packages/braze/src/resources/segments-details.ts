import { z } from "zod";
import { instant, kindOf, text, texts } from "../decode/lenient.ts";
import { recordHash } from "../decode/record-hash.ts";
import { isObject, RowSink } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";
import { rawTable } from "./columns.ts";

const rawSegmentDetail = rawTable(
  "raw_segment_detail",
  ["segment_id"],
  [
    ["segment_id", "STRING"],
    ["name", "STRING"],
    ["created_at", "TIMESTAMP"],
    ["updated_at", "TIMESTAMP"],
    ["filter_description", "STRING"],
    ["description", "STRING"],
    ["tags", "JSON"],
    ["payload", "JSON"],
    ["record_hash", "STRING"],
  ],
);
const TARGET = rawSegmentDetail.table;

/** Braze calls the filters in words `description`, and what people typed `text_description`. */
const Details = z
  .object({
    name: text(),
    created_at: instant(),
    updated_at: instant(),
    description: text(),
    text_description: text(),
    tags: texts(),
  })
  .transform(({ description, text_description, ...rest }) => ({
    ...rest,
    filter_description: description,
    description: text_description,
  }));

const KNOWN = new Set([
  "message",
  "errors",
  "created_at",
  "updated_at",
  "name",
  "description",
  "text_description",
  "tags",
  "teams",
]);

function toRows(body: unknown, { objectId = "" }: RowContext) {
  if (!isObject(body)) return RowSink.unexpected(`expected an object, got ${kindOf(body)}`);
  if (!("name" in body)) return RowSink.unexpected("expected a segment's details");
  const sink = new RowSink();
  sink.unknown(TARGET, body, KNOWN);
  const record_hash = recordHash(body, ["message", "errors", "updated_at"]);
  sink.add(TARGET, body, Details, { segment_id: objectId, payload: body, record_hash }, ["segment_id"]);
  return sink.done();
}

export const segmentsDetails: Resource = {
  slug: "segments-details",
  path: "/segments/details",
  scope: "segments.details",
  bucket: "default",
  paging: { style: "none" },
  params: {},
  parent: "segments-list",
  idParam: "segment_id",
  lookbackDays: 0,
  keys: { [TARGET]: ["segment_id"] },
  targets: [rawSegmentDetail],
  toRows,
};
