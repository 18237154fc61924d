import { z } from "zod";
import { instant } from "../decode/lenient.ts";
import { personalTable } from "./columns.ts";
import { CONTACT_PAGES } from "./contact-pages.ts";
import { objectList } from "./simple-list.ts";

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

/** Addresses that bounced hard, newest first. */
export const emailHardBounces = objectList({
  slug: "email-hard-bounces",
  path: "/email/hard_bounces",
  scope: "email.hard_bounces",
  bucket: "default",
  ...CONTACT_PAGES,
  field: "emails",
  table: rawEmailHardBounce,
  key: KEY,
  schema: z.object({ email: z.string().min(1), hard_bounced_at: instant() }),
});
