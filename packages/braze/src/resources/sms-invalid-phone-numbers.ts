import { z } from "zod";
import { instant, text } from "../decode/lenient.ts";
import type { Resource } from "../resource.ts";
import { personalTable } from "./columns.ts";
import { listRows } from "./simple-list.ts";

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

/** Numbers that Braze no longer sends to, newest first. Days are UTC. */
export const smsInvalidPhoneNumbers: Resource = {
  slug: "sms-invalid-phone-numbers",
  path: "/sms/invalid_phone_numbers",
  scope: "sms.invalid_phone_numbers",
  bucket: "default",
  paging: { style: "offset", limit: 500 },
  params: {},
  window: { maxDays: 30, as: "dates" },
  lookbackDays: 3,
  keys: { [rawSmsInvalidPhone.table]: KEY },
  targets: [rawSmsInvalidPhone],
  toRows: listRows({
    field: "sms",
    table: rawSmsInvalidPhone,
    key: KEY,
    schema: z.object({ phone: z.string().min(1), invalid_detected_at: instant(), reason: text() }),
    fields: ["phone", "invalid_detected_at", "reason"],
  }),
};
