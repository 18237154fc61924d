import { z } from "zod";
import { text, whole } from "../decode/lenient.ts";
import { isObject, RowSink } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";
import { CANVAS_DAYS, canvasOutcomes, flatMessages, noteChannels } from "./canvas-breakdown.ts";
import { rawCanvasSummary } from "./tables.ts";

const TABLE = rawCanvasSummary.table;
const KEY = ["canvas_id", "from_date", "until_date", "part", "part_id"];

/** The summary gives variants no conversions by entry time, and only the whole and its variants have entries. */
const Part = z
  .object({
    name: text(),
    entries: whole(),
    ...canvasOutcomes,
    messages: z.unknown().optional().transform(flatMessages),
  })
  .transform(({ name, ...rest }) => ({ part_name: name, ...rest }));
const KNOWN = new Set(["name", "entries", "messages", ...Object.keys(canvasOutcomes)]);
const KNOWN_OF_DATA = new Set(["name", "total_stats", "variant_stats", "step_stats"]);

function toRows(body: unknown, { objectId = "", window }: RowContext) {
  if (!isObject(body) || !isObject(body.data)) return RowSink.unexpected("data: expected an object");
  const sink = new RowSink();
  const { data } = body;
  const add = (part: string, part_id: string | null, stats: unknown) => {
    noteChannels(sink, TABLE, isObject(stats) ? stats.messages : undefined);
    const row = {
      canvas_id: objectId,
      from_date: window?.from ?? null,
      until_date: window?.until ?? null,
      part,
      part_id,
      extra: sink.unknown(TABLE, stats, KNOWN, `${part}_stats.`),
    };
    sink.add(TABLE, stats, Part, row, KEY);
  };
  sink.unknown(TABLE, data, KNOWN_OF_DATA);
  add("total", null, data.total_stats);
  for (const [id, stats] of sink.entries(TABLE, "variant_stats", data.variant_stats))
    add("variant", id, stats);
  for (const [id, stats] of sink.entries(TABLE, "step_stats", data.step_stats)) add("step", id, stats);
  return sink.done();
}

/** A Canvas over a window, whole, by variant and by step: Braze's own sums, to reconcile the series with. */
export const canvasDataSummary: Resource = {
  slug: "canvas-data-summary",
  path: "/canvas/data_summary",
  scope: "canvas.data_summary",
  ...CANVAS_DAYS,
  keys: { [TABLE]: KEY },
  targets: [rawCanvasSummary],
  toRows,
};
