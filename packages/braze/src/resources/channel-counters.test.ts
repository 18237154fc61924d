import { describe, expect, it } from "vitest";
import { campaignDay, context, entryOf, type Row, resource } from "./answers.fixture.ts";

const newFields = (channel: string, entry: Row) =>
  resource("campaigns-data-series")
    .toRows(campaignDay({ [channel]: [entry] }), context)
    .schemaChanges.map(({ field }) => field);

describe("the counters of each channel", () => {
  const push = { sent: 9, direct_opens: 1, total_opens: 3, bounces: 1, body_clicks: 2 };
  const pushRow = { sent: 9, opens: 3, clicks: 2, bounces: 1, delivered: null, unique_opens: null };

  it.each<[string, Row, Row]>([
    [
      "email",
      {
        ...{ sent: 9, opens: 5, unique_opens: 4, clicks: 3, unique_clicks: 2, unsubscribes: 1, bounces: 1 },
        ...{ delivered: 8, reported_spam: 1, machine_open: 2, machine_amp_open: 1 },
      },
      {
        ...{ sent: 9, opens: 5, unique_opens: 4, clicks: 3, unique_clicks: 2, unsubscribes: 1, bounces: 1 },
        ...{ delivered: 8, machine_opens: 2 },
      },
    ],
    ["ios_push", push, pushRow],
    ["android_push", push, pushRow],
    ["web_push", push, pushRow],
    ["kindle_push", push, pushRow],
    [
      "sms",
      {
        ...{ sent: 9, sent_to_carrier: 9, delivered: 8, rejected: 1, delivery_failed: 1, clicks: 2 },
        ...{ opt_out: 1, help: 1, undelivered: 1 },
      },
      { sent: 9, delivered: 8, clicks: 2, unsubscribes: 1, opens: null, bounces: null },
    ],
    [
      "whats_app",
      { sent: 9, delivered: 8, failed: 1, read: 6 },
      { sent: 9, delivered: 8, opens: 6, clicks: null },
    ],
    [
      "content_cards",
      {
        ...{ sent: 9, total_clicks: 3, total_dismissals: 1, total_impressions: 7 },
        ...{ unique_clicks: 2, unique_dismissals: 1, unique_impressions: 5 },
      },
      { sent: 9, opens: 7, unique_opens: 5, clicks: 3, unique_clicks: 2 },
    ],
    ["webhook", { sent: 9, errors: 1 }, { sent: 9, delivered: null, opens: null, bounces: null }],
    [
      "trigger_in_app_message",
      { impressions: 7, clicks: 2, first_button_clicks: 1, second_button_clicks: 1 },
      { sent: null, opens: 7, clicks: 2 },
    ],
  ])("of %s are known, and the whole entry is kept", (channel, entry, expected) => {
    const received = { variation_api_id: "v1", ...entry };
    expect(entryOf(channel, received)).toMatchObject({ channel, ...expected, stats: received });
    expect(newFields(channel, received)).toEqual([]);
  });

  it("of push have dynamic keys for slides and buttons, which are no news", () => {
    const entry = { ...push, carousel_slide_1_Sale_click: 2, notif_button_2_Later_click: 1 };
    expect(newFields("ios_push", entry)).toEqual([]);
    expect(entryOf("ios_push", entry)).toMatchObject({ stats: entry });
  });

  it("of push in a send tell of delivery too", () => {
    const entry = { ...push, variation_name: "A", delivered: 8, undelivered: 1, delivery_failed: 0 };
    expect(entryOf("android_push", entry, "sends-data-series")).toMatchObject({ ...pushRow, delivered: 8 });
    expect(newFields("android_push", entry)).toEqual([]);
  });

  it("of push in a Canvas summary have an old name for all opens", () => {
    const messages = { ios_push: [{ sent: 9, opens: 1, influenced_opens: 3, bounces: 1, more: 1 }] };
    const data = { name: "n", total_stats: {}, step_stats: { s1: { name: "S", messages } } };
    const { rows, schemaChanges } = resource("canvas-data-summary").toRows({ data }, context);
    expect(rows.at(-1)?.row).toMatchObject({
      part: "step",
      messages: [{ channel: "ios_push", influenced_opens: 3 }],
    });
    expect(schemaChanges).toEqual([
      { table: "raw_canvas_summary", field: "messages.ios_push.more", type: "number" },
    ]);
  });

  it("of a control entry are enrolments and outcomes only", () => {
    const control = {
      variation_name: "Control Group",
      variation_api_id: "v9",
      enrolled: 5,
      revenue: 1.5,
      unique_recipients: 5,
      conversions: 1,
    };
    expect(entryOf("email", control)).toMatchObject({
      is_control: true,
      enrolled: 5,
      sent: null,
      opens: null,
      revenue: "1.5",
    });
    expect(newFields("email", control)).toEqual([]);
  });

  it.each([
    "line",
    "rcs",
    "banner",
    "feature_flag",
    "apple_push",
    "windows_phone8_push",
    "windows_universal_push",
  ])("of %s are documented nowhere: kept, and reported as new", (channel) => {
    expect(entryOf(channel, { variation_api_id: "v", sent: 2, views: 1 })).toMatchObject({
      channel,
      sent: 2,
      stats: { views: 1 },
    });
    expect(newFields(channel, { views: 1 })).toEqual([`messages.${channel}.views`]);
  });

  it("of in_app_message are read like those of trigger_in_app_message", () => {
    expect(entryOf("in_app_message", { impressions: 4, clicks: 1 })).toMatchObject({ opens: 4, clicks: 1 });
    expect(entryOf("in-app_message", { impressions: 4 })).toMatchObject({ channel: "in_app_message" });
  });

  it.each([
    ["whatsapp", "whats_app"],
    ["content_card", "content_cards"],
  ])("come under two spellings: %s is %s", (spelling, channel) => {
    expect(entryOf(spelling, { sent: 1 })).toMatchObject({ channel, sent: 1 });
  });
});
