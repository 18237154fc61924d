import { z } from "zod";
import { flag, text, texts } from "../decode/lenient.ts";
import { rawTable } from "./columns.ts";
import { objectList } from "./simple-list.ts";

const rawCustomEvent = rawTable(
  "raw_custom_event",
  ["event_name"],
  [
    ["event_name", "STRING"],
    ["description", "STRING"],
    ["included_in_analytics_report", "BOOL"],
    ["status", "STRING"],
    ["tags", "JSON"],
    ["extra", "JSON"],
  ],
);

const CustomEvent = z
  .object({
    name: z.string().min(1),
    description: text(),
    included_in_analytics_report: flag(),
    status: text(),
    tag_names: texts(),
  })
  .transform(({ name, tag_names, ...rest }) => ({ event_name: name, ...rest, tags: tag_names }));

/** What is known about custom events, beside their names. */
export const customEvents = objectList({
  slug: "custom-events",
  path: "/events",
  scope: "events.get",
  bucket: "names_and_products",
  paging: { style: "cursor" },
  field: "events",
  table: rawCustomEvent,
  key: ["event_name"],
  schema: CustomEvent,
});
