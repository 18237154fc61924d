import { addDays } from "@lifecycle/contracts";
import { z } from "zod";
import { text, texts } from "../decode/lenient.ts";
import { toInstant } from "../decode/values.ts";
import { rawTable } from "./columns.ts";
import { objectList } from "./simple-list.ts";

const rawScheduledBroadcast = rawTable(
  "raw_scheduled_broadcast",
  ["object_id"],
  [
    ["object_id", "STRING"],
    ["object_type", "STRING"],
    ["name", "STRING"],
    ["tags", "JSON"],
    ["next_send_time", "STRING"],
    ["next_send_at", "TIMESTAMP"],
    ["schedule_type", "STRING"],
    ["extra", "JSON"],
  ],
);
const KEY = ["object_type", "object_id"];
const AHEAD_DAYS = 30;

/** Local and intelligent delivery name a time without a zone: it is each user's own, and no instant. */
const Broadcast = z
  .object({
    id: z.string().min(1),
    type: text(),
    name: text(),
    tags: texts(),
    next_send_time: text(),
    schedule_type: text(),
  })
  .transform(({ id, type, ...rest }) => ({
    object_id: id,
    object_type: type,
    ...rest,
    next_send_at: hasZone(rest.next_send_time) ? (toInstant(rest.next_send_time) ?? null) : null,
  }));

const hasZone = (time: string | null) => time !== null && /(Z|UTC|[+-]\d{1,2}:?\d{2})$/i.test(time);

/** What will be sent within 30 days, each campaign and Canvas with its next occurrence. */
export const scheduledBroadcasts = objectList({
  slug: "scheduled-broadcasts",
  path: "/messages/scheduled_broadcasts",
  // Spelled otherwise than the path.
  scope: "messages.schedule_broadcasts",
  bucket: "default",
  paging: { style: "none" },
  paramsOn: (today) => ({ end_time: addDays(today, AHEAD_DAYS) }),
  field: "scheduled_broadcasts",
  table: rawScheduledBroadcast,
  key: KEY,
  schema: Broadcast,
});
