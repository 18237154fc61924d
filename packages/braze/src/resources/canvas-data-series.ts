import { z } from "zod";
import { eachDay } from "../decode/day-rows.ts";
import { text, whole } from "../decode/lenient.ts";
import { isObject, RowSink } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";
import { CANVAS_DAYS, canvasOutcomes, flatMessages, noteChannels } from "./canvas-breakdown.ts";
import { rawCanvasDaily, rawCanvasStepDaily, rawCanvasVariantDaily } from "./tables.ts";

const DAILY = rawCanvasDaily.table;
const VARIANT = rawCanvasVariantDaily.table;
const STEP = rawCanvasStepDaily.table;
const keys = {
  [DAILY]: ["canvas_id", "activity_date"],
  [VARIANT]: ["canvas_id", "activity_date", "variation_id"],
  [STEP]: ["canvas_id", "activity_date", "step_id"],
};

const Totals = z.object({ entries: whole(), ...canvasOutcomes });

const Variant = z
  .object({ name: text(), entries: whole(), ...canvasOutcomes })
  .transform(({ name, ...rest }) => ({ variation_name: name, ...rest }));

const Step = z
  .object({ name: text(), messages: z.unknown().optional().transform(flatMessages), ...canvasOutcomes })
  .transform(({ name, ...rest }) => ({ step_name: name, ...rest }));

const KNOWN_OF_DAY = new Set(["time", "total_stats", "variant_stats", "step_stats"]);
const KNOWN_OF_TOTAL = new Set(Object.keys(Totals.shape));
const KNOWN_OF_VARIANT = new Set(["name", ...KNOWN_OF_TOTAL]);
const KNOWN_OF_STEP = new Set(["name", "messages", ...Object.keys(canvasOutcomes)]);

function toRows(body: unknown, context: RowContext) {
  if (!isObject(body) || !isObject(body.data) || !Array.isArray(body.data.stats))
    return RowSink.unexpected("data.stats: expected a list of days");
  const sink = new RowSink();
  eachDay(sink, DAILY, body.data.stats, context, (day, activity_date) => {
    const about = { canvas_id: context.objectId ?? "", activity_date };
    const extra = {
      ...sink.unknown(DAILY, day, KNOWN_OF_DAY),
      ...sink.unknown(DAILY, day.total_stats, KNOWN_OF_TOTAL, "total_stats."),
    };
    sink.add(DAILY, day.total_stats, Totals, { ...about, extra: orNull(extra) }, keys[DAILY]!, day);
    for (const [variation_id, stats] of sink.entries(VARIANT, "variant_stats", day.variant_stats)) {
      const unknown = sink.unknown(VARIANT, stats, KNOWN_OF_VARIANT, "variant_stats.");
      sink.add(VARIANT, stats, Variant, { ...about, variation_id, extra: unknown }, keys[VARIANT]!);
    }
    for (const [step_id, stats] of sink.entries(STEP, "step_stats", day.step_stats)) {
      noteChannels(sink, STEP, isObject(stats) ? stats.messages : undefined);
      const unknown = sink.unknown(STEP, stats, KNOWN_OF_STEP, "step_stats.");
      sink.add(STEP, stats, Step, { ...about, step_id, extra: unknown }, keys[STEP]!);
    }
  });
  return sink.done();
}

const orNull = (fields: Record<string, unknown>) => (Object.keys(fields).length > 0 ? fields : null);

/** A Canvas's days: whole, by variant and by step, deleted steps included. */
export const canvasDataSeries: Resource = {
  slug: "canvas-data-series",
  path: "/canvas/data_series",
  scope: "canvas.data_series",
  ...CANVAS_DAYS,
  keys,
  targets: [rawCanvasDaily, rawCanvasVariantDaily, rawCanvasStepDaily],
  toRows,
};
