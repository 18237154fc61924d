import { z } from "zod";
import { instant } from "../decode/lenient.ts";
import type { Resource } from "../resource.ts";
import { personalTable } from "./columns.ts";
import { listRows } from "./simple-list.ts";

const rawEmailUnsubscribe = personalTable(
  "raw_email_unsubscribe",
  ["email"],
  [
    ["email", "STRING"],
    ["unsubscribed_at", "TIMESTAMP"],
    ["extra", "JSON"],
  ],
);
const KEY = ["email", "unsubscribed_at"];

/** The last unsubscribe of each address, oldest first; earlier ones are not kept by Braze. Days are UTC. */
export const emailUnsubscribes: Resource = {
  slug: "email-unsubscribes",
  path: "/email/unsubscribes",
  // Singular, unlike the path.
  scope: "email.unsubscribe",
  bucket: "default",
  paging: { style: "offset", limit: 500 },
  params: { sort_direction: "asc" },
  window: { maxDays: 30, as: "dates" },
  lookbackDays: 3,
  keys: { [rawEmailUnsubscribe.table]: KEY },
  targets: [rawEmailUnsubscribe],
  toRows: listRows({
    field: "emails",
    table: rawEmailUnsubscribe,
    key: KEY,
    schema: z.object({ email: z.string().min(1), unsubscribed_at: instant() }),
    fields: ["email", "unsubscribed_at"],
  }),
};
