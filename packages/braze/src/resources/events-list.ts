import type { Resource } from "../resource.ts";
import { rawTable } from "./columns.ts";
import { nameRows } from "./simple-list.ts";

const rawCustomEventName = rawTable("raw_custom_event_name", ["event_name"], [["event_name", "STRING"]]);

/** The names of all custom events, as bare texts. */
export const eventsList: Resource = {
  slug: "events-list",
  path: "/events/list",
  scope: "events.list",
  bucket: "names_and_products",
  paging: { style: "page" },
  params: {},
  object: { table: rawCustomEventName.table, idColumn: "event_name", nameColumn: "event_name" },
  lookbackDays: 0,
  keys: { [rawCustomEventName.table]: ["event_name"] },
  targets: [rawCustomEventName],
  toRows: nameRows({ field: "events", table: rawCustomEventName, column: "event_name" }),
};
