import type { ColumnType } from "@lifecycle/contracts";
import { z } from "zod";
import { anything, decimal, flag, instant, text, whole } from "../decode/lenient.ts";
import { RowSink } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";
import { rawTable } from "./columns.ts";

const PERSONAL: readonly (readonly [string, ColumnType])[] = [
  ["external_id", "STRING"],
  ["user_aliases", "JSON"],
  ["first_name", "STRING"],
  ["last_name", "STRING"],
  ["email", "STRING"],
  ["phone", "STRING"],
  ["dob", "STRING"],
  ["home_city", "STRING"],
  ["last_coordinates", "JSON"],
  ["devices", "JSON"],
  ["push_tokens", "JSON"],
  ["custom_attributes", "JSON"],
  ["extra", "JSON"],
];

const plain = rawTable(
  "raw_user_export",
  ["exported_from", "braze_id"],
  [
    ["exported_from", "STRING"],
    ["segment_id", "STRING"],
    ["braze_id", "STRING"],
    ["created_at", "TIMESTAMP"],
    ["random_bucket", "INT64"],
    ["country", "STRING"],
    ["language", "STRING"],
    ["time_zone", "STRING"],
    ["gender", "STRING"],
    ["total_revenue", "NUMERIC"],
    ["attributed_campaign", "STRING"],
    ["attributed_source", "STRING"],
    ["attributed_adgroup", "STRING"],
    ["attributed_ad", "STRING"],
    ["push_subscribe", "STRING"],
    ["push_opted_in_at", "TIMESTAMP"],
    ["email_subscribe", "STRING"],
    ["uninstalled_at", "TIMESTAMP"],
    ["is_uninstalled", "BOOL"],
    ["custom_events", "JSON"],
    ["purchases", "JSON"],
    ["apps", "JSON"],
    ["campaigns_received", "JSON"],
    ["canvases_received", "JSON"],
    ["cards_clicked", "JSON"],
    ...PERSONAL,
  ],
);
const personal = new Set(PERSONAL.map(([name]) => name));

/** Users with their fields. What names a person, and whatever unknown fields hold, is personal. */
const rawUserExport = {
  ...plain,
  columns: plain.columns.map((column) => (personal.has(column.name) ? { ...column, pii: true } : column)),
};
const TABLE = rawUserExport.table;

/** What is null or empty is left out by Braze. `created_at` is written unlike every other time, `sessions` as text or number. */
const User = z
  .object({
    braze_id: z.string().min(1),
    external_id: text(),
    user_aliases: anything(),
    created_at: instant(),
    random_bucket: whole(),
    first_name: text(),
    last_name: text(),
    email: text(),
    phone: text(),
    dob: text(),
    home_city: text(),
    country: text(),
    language: text(),
    time_zone: text(),
    last_coordinates: anything(),
    gender: text(),
    total_revenue: decimal(),
    attributed_campaign: text(),
    attributed_source: text(),
    attributed_adgroup: text(),
    attributed_ad: text(),
    push_subscribe: text(),
    push_opted_in_at: instant(),
    email_subscribe: text(),
    uninstalled_at: instant(),
    is_uninstalled: flag(),
    custom_attributes: anything(),
    custom_events: anything(),
    purchases: anything(),
    devices: anything(),
    push_tokens: anything(),
    apps: anything(),
    campaigns_received: anything(),
    canvases_received: anything(),
    cards_clicked: anything(),
  })
  .transform(({ is_uninstalled, ...user }) => ({
    ...user,
    is_uninstalled: is_uninstalled ?? user.uninstalled_at !== null,
  }));
const KNOWN = new Set(Object.keys(User.in.shape));

/** Asked for unless settings name others: nothing that names a person beside the ids. */
export const EXPORTED_FIELDS: readonly string[] = [
  ...["braze_id", "external_id", "created_at", "random_bucket", "country", "language", "time_zone", "gender"],
  ...["total_revenue", "email_subscribe", "push_subscribe", "push_opted_in_at", "uninstalled_at"],
  ...["custom_events", "purchases", "apps", "campaigns_received", "canvases_received"],
];

/** A piece of an export, or the answer to an export by ids: a list of users. The same user may come twice, and stays twice. */
export function userRows(exportedFrom: string): Resource["toRows"] {
  return (body, { objectId }: RowContext) => {
    if (!Array.isArray(body)) return RowSink.unexpected("expected a list of users");
    const sink = new RowSink();
    for (const user of body) {
      const about = {
        exported_from: exportedFrom,
        segment_id: exportedFrom === "segment" ? (objectId ?? null) : null,
        extra: sink.unknown(TABLE, user, KNOWN),
      };
      sink.addAny(TABLE, user, User, about);
    }
    return sink.done();
  };
}

const shared = { bucket: "default", params: {}, lookbackDays: 0, targets: [rawUserExport] } as const;
const KEY = ["exported_from", "segment_id", "braze_id"];

/** The users of each segment that settings name, as of now. */
export const usersExportSegment: Resource = {
  ...shared,
  slug: "users-export-segment",
  path: "/users/export/segment",
  scope: "users.export.segment",
  paging: { style: "export", body: {} },
  parent: "segments-list",
  parentFlag: "is_exported",
  idParam: "segment_id",
  keys: { [TABLE]: KEY },
  toRows: userRows("segment"),
};

/** The users of the global control group, as of now: Braze keeps no history of who was in it. */
export const usersExportGlobalControlGroup: Resource = {
  ...shared,
  slug: "users-export-global-control-group",
  path: "/users/export/global_control_group",
  scope: "users.export.global_control_group",
  paging: { style: "export", body: {} },
  keys: { [TABLE]: KEY },
  toRows: userRows("global_control_group"),
};
