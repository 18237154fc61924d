import { z } from "zod";
import { instant, text, texts } from "../decode/lenient.ts";
import type { Resource } from "../resource.ts";
import { emptyRow } from "./columns.ts";
import { listRows } from "./simple-list.ts";
import { rawCanvas } from "./tables.ts";

const TARGET = rawCanvas.table;
const KEY = ["canvas_id"];

const Listed = z
  .object({ id: z.string().min(1), name: text(), tags: texts(), last_edited: instant() })
  .transform(({ id, ...rest }) => ({ canvas_id: id, ...rest }));

/** The other columns are told by the details. */
const UNTOLD = emptyRow(rawCanvas);

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
  toRows: listRows({
    field: "canvases",
    table: rawCanvas,
    key: KEY,
    schema: Listed,
    fields: ["id", "name", "tags", "last_edited"],
    about: () => UNTOLD,
  }),
};
