import { rawTable } from "./columns.ts";
import { nameList } from "./simple-list.ts";

const rawCustomEventName = rawTable("raw_custom_event_name", ["event_name"], [["event_name", "STRING"]]);

/** The names of all custom events, as bare texts. */
export const eventsList = nameList({
  slug: "events-list",
  path: "/events/list",
  scope: "events.list",
  bucket: "names_and_products",
  paging: { style: "page" },
  field: "events",
  table: rawCustomEventName,
  column: "event_name",
});
