import type { z } from "zod";
import { undocumentedFields } from "../decode/channel-fields.ts";
import { channelEntries } from "../decode/channels.ts";
import { decimal, kindOf, whole } from "../decode/lenient.ts";
import { isObject, type RowSink } from "../decode/row-sink.ts";

/** How the days of a Canvas are asked for: with variants and steps, deleted steps included. Without these Braze sends totals only. */
export const CANVAS_DAYS = {
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
} as const;

/** What comes of a Canvas, of a variant and of a step. */
export const canvasOutcomes = {
  conversions: whole(),
  conversions_by_entry_time: whole(),
  revenue: decimal(),
};

/** Channel → entries as one list whose entries name their channel, so that SQL reads it without knowing the channels. */
export function flatMessages(messages: unknown, context: z.RefinementCtx): Record<string, unknown>[] {
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

/** Notes the fields of a step's entries that nobody documents; they stay in its `messages`. */
export function noteChannels(sink: RowSink, table: string, messages: unknown): void {
  for (const found of channelEntries(messages)) {
    if ("problem" in found || !isObject(found.entry)) continue;
    for (const name of undocumentedFields(found.channel, found.entry))
      sink.changed(table, `messages.${found.channel}.${name}`, found.entry[name]);
  }
}
