import { z } from "zod";
import { channelEntries } from "../decode/channels.ts";
import { eachDay } from "../decode/day-rows.ts";
import { decimal, kindOf, text, whole } from "../decode/lenient.ts";
import { isObject, RowSink } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";
import { rawCanvasDaily, rawCanvasStepDaily, rawCanvasVariantDaily } from "./tables.ts";

const DAILY = rawCanvasDaily.table;
const VARIANT = rawCanvasVariantDaily.table;
const STEP = rawCanvasStepDaily.table;
const keys = {
  [DAILY]: ["canvas_id", "activity_date"],
  [VARIANT]: ["canvas_id", "activity_date", "variation_id"],
  [STEP]: ["canvas_id", "activity_date", "step_id"],
};

const outcomes = { conversions: whole(), conversions_by_entry_time: whole(), revenue: decimal() };

const Totals = z.object({ entries: whole(), ...outcomes });

const Variant = z
  .object({ name: text(), entries: whole(), ...outcomes })
  .transform(({ name, ...rest }) => ({ variation_name: name, ...rest }));

const Step = z
  .object({ name: text(), messages: z.unknown().optional().transform(flatMessages), ...outcomes })
  .transform(({ name, ...rest }) => ({ step_name: name, ...rest }));

/** Channel → entries as one list whose entries name their channel, so that SQL reads it without knowing the channels. */
function flatMessages(messages: unknown, context: z.RefinementCtx): Record<string, unknown>[] {
  const flat: Record<string, unknown>[] = [];
  for (const found of channelEntries(messages)) {
    if (!("problem" in found) && isObject(found.entry)) flat.push({ ...found.entry, channel: found.channel });
    else {
      const message = "problem" in found ? found.problem : `expected an object, got ${kindOf(found.entry)}`;
      context.issues.push({ code: "custom", input: messages, message });
    }
  }
  return flat;
}

function toRows(body: unknown, context: RowContext) {
  if (!isObject(body) || !isObject(body.data) || !Array.isArray(body.data.stats))
    return RowSink.unexpected("data.stats: expected a list of days");
  const sink = new RowSink();
  eachDay(sink, DAILY, body.data.stats, context, (day, activity_date) => {
    const extra = { canvas_id: context.objectId ?? "", activity_date };
    sink.add(DAILY, day.total_stats, Totals, extra, keys[DAILY]!, day);
    for (const [id, stats] of sink.entries(VARIANT, "variant_stats", day.variant_stats))
      sink.add(VARIANT, stats, Variant, { ...extra, variation_id: id }, keys[VARIANT]!);
    for (const [id, stats] of sink.entries(STEP, "step_stats", day.step_stats))
      sink.add(STEP, stats, Step, { ...extra, step_id: id }, keys[STEP]!);
  });
  return sink.done();
}

/** A Canvas's days: whole, by variant and by step, deleted steps included. Without the flags Braze sends totals only. */
export const canvasDataSeries: Resource = {
  slug: "canvas-data-series",
  path: "/canvas/data_series",
  scope: "canvas.data_series",
  bucket: "default",
  paging: { style: "none" },
  params: {
    include_variant_breakdown: "true",
    include_step_breakdown: "true",
    include_deleted_step_data: "true",
  },
  parent: "canvas-list",
  idParam: "canvas_id",
  window: { maxDays: 14 },
  lookbackDays: 30,
  keys,
  targets: [rawCanvasDaily, rawCanvasVariantDaily, rawCanvasStepDaily],
  toRows,
};
