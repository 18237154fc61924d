import { z } from "zod";
import { anything, instant, kindOf, text, texts } from "../decode/lenient.ts";
import { recordHash } from "../decode/record-hash.ts";
import { isObject, RowSink } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";
import { CHANGES_BY_ITSELF, programmeFields, WITHOUT_COLUMN } from "./programme.ts";
import { rawCanvas, rawCanvasStep, rawCanvasVariant } from "./tables.ts";

const CANVAS = rawCanvas.table;
const VARIANT = rawCanvasVariant.table;
const STEP = rawCanvasStep.table;
const keys = {
  [CANVAS]: ["canvas_id"],
  [VARIANT]: ["canvas_id", "variation_id"],
  [STEP]: ["canvas_id", "step_id"],
};

const Details = z.object({
  ...programmeFields,
  first_entry: instant(),
  last_entry: instant(),
});

const KNOWN = new Set([...Object.keys(Details.shape), ...WITHOUT_COLUMN, "variants", "steps"]);
const KNOWN_OF_VARIANT = new Set(["id", "name", "first_step_ids", "first_step_id"]);
const KNOWN_OF_STEP = new Set(["id", "name", "type", "next_step_ids", "next_paths", "channels", "messages"]);
/** What changes by itself while a Canvas stays what it is. */
const BY_ITSELF = [...CHANGES_BY_ITSELF, "first_entry", "last_entry"];

/** `first_step_id` is the older spelling, present when there is exactly one first step. */
const Variant = z
  .object({ id: z.string().min(1), name: text(), first_step_ids: texts(), first_step_id: texts() })
  .transform(({ id, name, first_step_ids, first_step_id }) => ({
    variation_id: id,
    name,
    first_step_ids: first_step_ids ?? first_step_id ?? [],
  }));

/** Message steps name what follows in `next_step_ids`, every kind of step in `next_paths`. */
const Step = z
  .object({
    id: z.string().min(1),
    name: text(),
    type: text(),
    next_step_ids: texts(),
    next_paths: anything(),
  })
  .transform(({ id, name, type, next_step_ids, next_paths }) => ({
    step_id: id,
    name,
    step_type: type,
    next_step_ids: [...new Set([...(next_step_ids ?? []), ...pathEnds(next_paths)])],
  }));

function pathEnds(paths: unknown): string[] {
  const steps: unknown[] = Array.isArray(paths)
    ? paths.map((path) => isObject(path) && path.next_step_id)
    : [];
  return steps.filter((step): step is string => typeof step === "string" && step !== "");
}

function toRows(body: unknown, { objectId = "" }: RowContext) {
  if (!isObject(body)) return RowSink.unexpected(`expected an object, got ${kindOf(body)}`);
  if (!("name" in body) && !("created_at" in body)) return RowSink.unexpected("expected a Canvas's details");
  const sink = new RowSink();
  const canvas_id = objectId;
  const canvas = {
    canvas_id,
    last_edited: null,
    payload: body,
    extra: sink.unknown(CANVAS, body, KNOWN),
    record_hash: recordHash(body, BY_ITSELF),
  };
  sink.add(CANVAS, body, Details, canvas, keys[CANVAS]!);
  for (const variant of sink.items(VARIANT, "variants", body.variants)) {
    const extra = sink.unknown(VARIANT, variant, KNOWN_OF_VARIANT, "variants.");
    const row = { canvas_id, extra, record_hash: recordHash(variant) };
    sink.add(VARIANT, variant, Variant, row, keys[VARIANT]!);
  }
  for (const step of sink.items(STEP, "steps", body.steps)) {
    sink.unknown(STEP, step, KNOWN_OF_STEP, "steps.");
    sink.add(STEP, step, Step, { canvas_id, payload: step, record_hash: recordHash(step) }, keys[STEP]!);
  }
  return sink.done();
}

/** What a Canvas is: status, trigger, variants and steps. */
export const canvasDetails: Resource = {
  slug: "canvas-details",
  path: "/canvas/details",
  scope: "canvas.details",
  bucket: "default",
  paging: { style: "none" },
  params: {},
  parent: "canvas-list",
  idParam: "canvas_id",
  lookbackDays: 0,
  keys,
  targets: [rawCanvas, rawCanvasVariant, rawCanvasStep],
  toRows,
};
