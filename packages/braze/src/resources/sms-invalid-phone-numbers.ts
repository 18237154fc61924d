import { z } from "zod";
import { instant, text } from "../decode/lenient.ts";
import { personalTable } from "./columns.ts";
import { CONTACT_PAGES } from "./contact-pages.ts";
import { objectList } from "./simple-list.ts";

const rawSmsInvalidPhone = personalTable(
  "raw_sms_invalid_phone",
  ["phone"],
  [
    ["phone", "STRING"],
    ["invalid_detected_at", "TIMESTAMP"],
    ["reason", "STRING"],
    ["extra", "JSON"],
  ],
);
const KEY = ["phone", "invalid_detected_at"];

/** Numbers that Braze no longer sends to, newest first. */
export const smsInvalidPhoneNumbers = objectList({
  slug: "sms-invalid-phone-numbers",
  path: "/sms/invalid_phone_numbers",
  scope: "sms.invalid_phone_numbers",
  bucket: "default",
  ...CONTACT_PAGES,
  field: "sms",
  table: rawSmsInvalidPhone,
  key: KEY,
  schema: z.object({ phone: z.string().min(1), invalid_detected_at: instant(), reason: text() }),
});
