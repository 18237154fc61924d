import { programmeList } from "./programme.ts";
import { rawCanvas } from "./tables.ts";

/** Every Canvas. */
export const canvasList = programmeList({
  slug: "canvas-list",
  path: "/canvas/list",
  scope: "canvas.list",
  field: "canvases",
  table: rawCanvas,
  idColumn: "canvas_id",
});
