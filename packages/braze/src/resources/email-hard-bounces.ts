import { z } from "zod";
import { instant } from "../decode/lenient.ts";
import type { Resource } from "../resource.ts";
import { personalTable } from "./columns.ts";
import { listRows } from "./simple-list.ts";

const rawEmailHardBounce = personalTable(
  "raw_email_hard_bounce",
  ["email"],
  [
    ["email", "STRING"],
    ["hard_bounced_at", "TIMESTAMP"],
    ["extra", "JSON"],
  ],
);
const KEY = ["email", "hard_bounced_at"];

/** Addresses that bounced hard, newest first. Days are UTC. */
export const emailHardBounces: Resource = {
  slug: "email-hard-bounces",
  path: "/email/hard_bounces",
  scope: "email.hard_bounces",
  bucket: "default",
  paging: { style: "offset", limit: 500 },
  params: {},
  window: { maxDays: 30, as: "dates" },
  lookbackDays: 3,
  keys: { [rawEmailHardBounce.table]: KEY },
  targets: [rawEmailHardBounce],
  toRows: listRows({
    field: "emails",
    table: rawEmailHardBounce,
    key: KEY,
    schema: z.object({ email: z.string().min(1), hard_bounced_at: instant() }),
    fields: ["email", "hard_bounced_at"],
  }),
};
