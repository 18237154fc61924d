import { z } from "zod";
import { instant } from "../decode/lenient.ts";
import { personalTable } from "./columns.ts";
import { CONTACT_PAGES } from "./contact-pages.ts";
import { objectList } from "./simple-list.ts";

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

/** The last unsubscribe of each address, oldest first; earlier ones are not kept by Braze. */
export const emailUnsubscribes = objectList({
  slug: "email-unsubscribes",
  path: "/email/unsubscribes",
  // Singular, unlike the path.
  scope: "email.unsubscribe",
  bucket: "default",
  params: { sort_direction: "asc" },
  ...CONTACT_PAGES,
  field: "emails",
  table: rawEmailUnsubscribe,
  key: KEY,
  schema: z.object({ email: z.string().min(1), unsubscribed_at: instant() }),
});
