import { z } from "zod";
import { instant, text, texts } from "../decode/lenient.ts";
import { isObject, RowSink } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";
import { rawCanvas } from "./tables.ts";

const TARGET = rawCanvas.table;
const KEY = ["canvas_id"];

const Listed = z
  .object({ id: z.string().min(1), name: text(), tags: texts(), last_edited: instant() })
  .transform(({ id, ...rest }) => ({ canvas_id: id, ...rest }));

const KNOWN = new Set(["id", "name", "tags", "last_edited"]);

const UNKNOWN_HERE = {
  created_at: null,
  updated_at: null,
  archived: null,
  draft: null,
  enabled: null,
  schedule_type: null,
  channels: null,
  description: null,
  first_entry: null,
  last_entry: null,
  payload: null,
  record_hash: null,
};

function toRows(body: unknown, _context: RowContext) {
  if (!isObject(body) || !Array.isArray(body.canvases))
    return RowSink.unexpected("canvases: expected a list");
  const sink = new RowSink();
  for (const item of body.canvases) {
    const extra = sink.unknown(TARGET, item, KNOWN);
    sink.add(TARGET, item, Listed, { ...UNKNOWN_HERE, extra }, KEY);
  }
  return sink.done();
}

/** Every Canvas, archived and stopped ones too. */
export const canvasList: Resource = {
  slug: "canvas-list",
  path: "/canvas/list",
  scope: "canvas.list",
  bucket: "default",
  paging: { style: "page" },
  params: { include_archived: "true", sort_direction: "asc" },
  object: { table: TARGET, idColumn: "canvas_id", nameColumn: "name" },
  lookbackDays: 0,
  keys: { [TARGET]: KEY },
  targets: [rawCanvas],
  toRows,
};
