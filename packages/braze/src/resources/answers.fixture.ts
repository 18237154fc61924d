import type { Resource } from "../resource.ts";
import { findResource } from "./registry.ts";

export type Row = Record<string, unknown>;
export const context = {
  objectId: "o-1",
  window: { from: "2026-01-01", until: "2026-01-02" },
  today: "2026-02-01",
};

export const resource = (slug: string): Resource => findResource(slug)!;

/** The rows that a resource makes of an answer for one table, when it takes all of it; throws when it does not. */
export const rowsOf = (slug: string, body: unknown, table: string, over = {}): Row[] => {
  const { rows, rejected, unexpected } = resource(slug).toRows(body, { ...context, ...over });
  if (unexpected !== undefined || rejected.length > 0)
    throw new Error(`${slug}: ${unexpected ?? rejected.map(({ reason }) => reason).join("; ")}`);
  return rows.filter(({ target }) => target === table).map(({ row }) => row);
};

export const campaignDay = (messages: unknown, fields: Row = {}) => ({
  message: "success",
  data: [{ time: "2026-01-01", messages, ...fields }],
});

/** The row of a campaign's variation that one entry of a channel becomes. */
export const entryOf = (channel: string, entry: Row, slug = "campaigns-data-series"): Row => {
  const table = slug === "sends-data-series" ? "raw_send_variant_daily" : "raw_campaign_variant_daily";
  const [row] = rowsOf(slug, campaignDay({ [channel]: [entry] }), table, { objectId: "c/s" });
  return row!;
};
