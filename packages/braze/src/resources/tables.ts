import { CONVERSIONS, counterColumns, rawTable } from "./columns.ts";

/** What a campaign and a Canvas both have. */
const programmeColumns = [
  ["tags", "JSON"],
  ["last_edited", "TIMESTAMP"],
  ["created_at", "TIMESTAMP"],
  ["updated_at", "TIMESTAMP"],
  ["archived", "BOOL"],
  ["draft", "BOOL"],
  ["enabled", "BOOL"],
  ["schedule_type", "STRING"],
  ["channels", "JSON"],
  ["description", "STRING"],
] as const;

/** Raw tables that several resources write, or that one resource writes side by side. */
export const rawCampaign = rawTable(
  "raw_campaign",
  ["campaign_id"],
  [
    ["campaign_id", "STRING"],
    ["name", "STRING"],
    ["is_api_campaign", "BOOL"],
    ...programmeColumns,
    ["first_sent", "TIMESTAMP"],
    ["last_sent", "TIMESTAMP"],
    ["conversion_behaviors", "JSON"],
    ["payload", "JSON"],
    ["extra", "JSON"],
    ["record_hash", "STRING"],
  ],
);

export const rawCampaignVariant = rawTable(
  "raw_campaign_variant",
  ["campaign_id", "variation_id"],
  [
    ["campaign_id", "STRING"],
    ["variation_id", "STRING"],
    ["name", "STRING"],
    ["channel", "STRING"],
    ["is_control", "BOOL"],
    ["payload", "JSON"],
    ["record_hash", "STRING"],
  ],
);

export const rawCampaignDaily = rawTable(
  "raw_campaign_daily",
  ["campaign_id", "activity_date"],
  [
    ["campaign_id", "STRING"],
    ["activity_date", "DATE"],
    ...counterColumns("unique_recipients", ...CONVERSIONS),
    ["revenue", "NUMERIC"],
    ["extra", "JSON"],
  ],
);

export const rawCampaignVariantDaily = rawTable(
  "raw_campaign_variant_daily",
  ["campaign_id", "activity_date", "channel"],
  [
    ["campaign_id", "STRING"],
    ["activity_date", "DATE"],
    ["channel", "STRING"],
    ["variation_id", "STRING"],
    ["variation_name", "STRING"],
    ["is_control", "BOOL"],
    ...counterColumns(
      "enrolled",
      "sent",
      "delivered",
      "opens",
      "unique_opens",
      "machine_opens",
      "clicks",
      "unique_clicks",
    ),
    ...counterColumns("bounces", "unsubscribes", "unique_recipients", ...CONVERSIONS),
    ["revenue", "NUMERIC"],
    ["stats", "JSON"],
  ],
);

export const rawCanvas = rawTable(
  "raw_canvas",
  ["canvas_id"],
  [
    ["canvas_id", "STRING"],
    ["name", "STRING"],
    ...programmeColumns,
    ["first_entry", "TIMESTAMP"],
    ["last_entry", "TIMESTAMP"],
    ["payload", "JSON"],
    ["extra", "JSON"],
    ["record_hash", "STRING"],
  ],
);

export const rawCanvasVariant = rawTable(
  "raw_canvas_variant",
  ["canvas_id", "variation_id"],
  [
    ["canvas_id", "STRING"],
    ["variation_id", "STRING"],
    ["name", "STRING"],
    ["first_step_ids", "JSON"],
    ["extra", "JSON"],
    ["record_hash", "STRING"],
  ],
);

export const rawCanvasStep = rawTable(
  "raw_canvas_step",
  ["canvas_id", "step_id"],
  [
    ["canvas_id", "STRING"],
    ["step_id", "STRING"],
    ["name", "STRING"],
    ["step_type", "STRING"],
    ["next_step_ids", "JSON"],
    ["payload", "JSON"],
    ["record_hash", "STRING"],
  ],
);

const outcomeColumns = [
  ...counterColumns("conversions", "conversions_by_entry_time"),
  ["revenue", "NUMERIC"],
] as const;

export const rawCanvasDaily = rawTable(
  "raw_canvas_daily",
  ["canvas_id", "activity_date"],
  [
    ["canvas_id", "STRING"],
    ["activity_date", "DATE"],
    ...counterColumns("entries"),
    ...outcomeColumns,
    ["extra", "JSON"],
  ],
);

export const rawCanvasVariantDaily = rawTable(
  "raw_canvas_variant_daily",
  ["canvas_id", "activity_date", "variation_id"],
  [
    ["canvas_id", "STRING"],
    ["activity_date", "DATE"],
    ["variation_id", "STRING"],
    ["variation_name", "STRING"],
    ...counterColumns("entries"),
    ...outcomeColumns,
    ["extra", "JSON"],
  ],
);

export const rawCanvasStepDaily = rawTable(
  "raw_canvas_step_daily",
  ["canvas_id", "activity_date", "step_id"],
  [
    ["canvas_id", "STRING"],
    ["activity_date", "DATE"],
    ["step_id", "STRING"],
    ["step_name", "STRING"],
    ...outcomeColumns,
    ["messages", "JSON"],
    ["extra", "JSON"],
  ],
);

export const rawCanvasSummary = rawTable(
  "raw_canvas_summary",
  ["canvas_id", "part"],
  [
    ["canvas_id", "STRING"],
    ["from_date", "DATE"],
    ["until_date", "DATE"],
    ["part", "STRING"],
    ["part_id", "STRING"],
    ["part_name", "STRING"],
    ...counterColumns("entries"),
    ...outcomeColumns,
    ["messages", "JSON"],
    ["extra", "JSON"],
  ],
);
