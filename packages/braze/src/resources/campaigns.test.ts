import { describe, expect, it } from "vitest";
import { campaignsDataSeries } from "./campaigns-data-series.ts";
import { campaignsDetails } from "./campaigns-details.ts";
import { campaignsList } from "./campaigns-list.ts";

const context = { objectId: "c-1", window: { from: "2026-01-01", until: "2026-01-04" }, today: "2026-02-01" };
const read = (data: unknown, over = {}) =>
  campaignsDataSeries.toRows({ message: "success", data }, { ...context, ...over });
const of = (outcome: ReturnType<typeof read>, target: string) =>
  outcome.rows.filter((row) => row.target === target).map(({ row }) => row);
const day = (date: string, fields = {}) => ({
  time: date,
  messages: {},
  conversions: 0,
  unique_recipients: 0,
  ...fields,
});

describe("campaigns-list", () => {
  it("gives a row per campaign, whatever form its fields have", () => {
    const { rows, rejected } = campaignsList.toRows(
      {
        message: "success",
        campaigns: [
          { id: "a", last_edited: "2022-11-29T14:59:02+00:00", name: "A", is_api_campaign: false, tags: [] },
          { id: "b", last_edited: null, name: 7, is_api_campaign: "true", tags: "one", brand_new: 1 },
        ],
      },
      context,
    );
    expect(rejected).toEqual([]);
    expect(rows[0]?.row).toMatchObject({
      campaign_id: "a",
      last_edited: "2022-11-29T14:59:02.000Z",
      payload: null,
    });
    expect(rows[1]?.row).toMatchObject({ campaign_id: "b", name: "7", is_api_campaign: true, tags: ["one"] });
  });

  it("sets aside a campaign without an id, and one listed twice", () => {
    const campaigns = [{ name: "x" }, { id: "a", name: "A" }, { id: "a", name: "again" }];
    const { rows, rejected } = campaignsList.toRows({ campaigns }, context);
    expect(rows).toHaveLength(1);
    expect(rejected.map(({ reason }) => reason)).toEqual([
      expect.stringContaining("id:"),
      "a second row for the same campaign_id",
    ]);
  });

  it("sees when an answer is no list", () => {
    for (const body of [{}, { campaigns: {} }, [], null, "x"])
      expect(campaignsList.toRows(body, context).unexpected).toBeDefined();
  });
});

describe("campaigns-details", () => {
  const details = {
    message: "success",
    name: "Winter",
    created_at: "2025-01-01T00:00:00+00:00",
    archived: false,
    draft: false,
    enabled: true,
    schedule_type: "time_based",
    channels: ["email"],
    tags: ["q1"],
    first_sent: "2025-01-02T09:00:00+01:00",
    conversion_behaviors: [{ type: "Clicks Email", window: 259200 }],
    messages: {
      m1: { channel: "email", name: "Variant 1", subject: "Hi" },
      m2: { channel: "whatsapp", name: "Variant 2" },
      m3: { channel: "email", type: "control" },
    },
  };

  it("keeps the whole answer and gives a row per message", () => {
    const { rows, rejected } = campaignsDetails.toRows(details, context);
    expect(rejected).toEqual([]);
    expect(rows[0]).toMatchObject({
      target: "raw_campaign",
      row: { campaign_id: "c-1", first_sent: "2025-01-02T08:00:00.000Z", last_sent: null, payload: details },
    });
    expect(rows.slice(1).map(({ row }) => [row.variation_id, row.channel, row.is_control])).toEqual([
      ["m1", "email", false],
      ["m2", "whats_app", false],
      ["m3", "email", true],
    ]);
  });

  it("loses no campaign because of its messages, and no message because of another", () => {
    const odd = campaignsDetails.toRows({ ...details, messages: ["x"] }, context);
    expect(odd.rows).toHaveLength(1);
    expect(odd.rejected).toMatchObject([{ target: "raw_campaign_variant", row: ["x"] }]);
    const one = campaignsDetails.toRows({ ...details, messages: { a: "x", b: { channel: "sms" } } }, context);
    expect(one.rows).toHaveLength(2);
    expect(one.rejected).toHaveLength(1);
  });
});

describe("campaigns-data-series", () => {
  const ab = {
    email: [
      {
        variation_name: "Variant 1",
        variation_api_id: "v1",
        sent: "10",
        opens: 4,
        unique_opens: 3,
        machine_open: 2,
        clicks: 1,
        bounces: null,
        delivered: 9,
        revenue: 20.1,
        unique_recipients: 10,
        conversions: 2,
        conversions_by_send_time: 3,
        carousel_slide_1_x_click: 1,
      },
      { variation_name: "Kontrolle", variation_api_id: "v2", enrolled: 5, revenue: 0.0, conversions: 1 },
    ],
    ios_push: [],
  };

  it("gives a campaign row and a row per variation and day", () => {
    const outcome = read([
      day("2026-01-01", { messages: ab, conversions: "3", revenue: 20, newcomer: { a: 1 } }),
    ]);
    expect(outcome.rejected).toEqual([]);
    expect(of(outcome, "raw_campaign_daily")).toMatchObject([
      {
        campaign_id: "c-1",
        activity_date: "2026-01-01",
        conversions: 3,
        conversions1: null,
        revenue: "20",
        extra: { newcomer: { a: 1 } },
      },
    ]);
    expect(of(outcome, "raw_campaign_variant_daily")).toMatchObject([
      {
        channel: "email",
        variation_id: "v1",
        is_control: false,
        enrolled: null,
        sent: 10,
        opens: 4,
        machine_opens: 2,
        bounces: null,
        revenue: "20.1",
        conversions_by_send_time: 3,
        stats: ab.email[0],
      },
      {
        variation_id: "v2",
        variation_name: "Kontrolle",
        is_control: true,
        enrolled: 5,
        sent: null,
        revenue: "0",
      },
    ]);
  });

  it("reads every column of its tables", () => {
    const outcome = read([day("2026-01-01", { messages: ab })]);
    for (const { table, columns } of campaignsDataSeries.targets) {
      const own = columns.slice(0, -8).map(({ name }) => name);
      for (const row of of(outcome, table)) expect(Object.keys(row).sort()).toEqual([...own].sort());
    }
  });

  it.each([
    [
      "ios_push",
      { sent: 9, direct_opens: 1, total_opens: 3, body_clicks: 2, bounces: 1 },
      { opens: 3, clicks: 2 },
    ],
    ["sms", { sent: 9, delivered: 8, clicks: 2, opt_out: 1 }, { clicks: 2, unsubscribes: 1, opens: null }],
    ["whatsapp", { sent: 9, delivered: 8, failed: 1, read: 6 }, { channel: "whats_app", opens: 6 }],
    [
      "content_card",
      { sent: 9, total_clicks: 2, total_impressions: 7, unique_impressions: 5, unique_clicks: 1 },
      { channel: "content_cards", opens: 7, unique_opens: 5, clicks: 2, unique_clicks: 1 },
    ],
    ["trigger_in_app_message", { impressions: 7, clicks: 2 }, { sent: null, opens: 7, clicks: 2 }],
    ["webhook", { sent: 9, errors: 1 }, { sent: 9, delivered: null }],
    [
      "carrier_pigeon",
      { sent: 1, coos: 2 },
      { channel: "carrier_pigeon", sent: 1, stats: { sent: 1, coos: 2 } },
    ],
  ])("knows the counters of %s", (channel, entry, expected) => {
    const outcome = read([day("2026-01-01", { messages: { [channel]: [entry] } })]);
    expect(of(outcome, "raw_campaign_variant_daily")).toMatchObject([expected]);
  });

  it("rejects what it cannot read, and nothing beside it", () => {
    const outcome = read([
      day("2026-01-01", {
        conversions: "many",
        messages: {
          email: [
            { variation_api_id: "v", sent: [1] },
            { variation_api_id: "w", sent: 1 },
          ],
        },
      }),
      { time: "tomorrow" },
      "2026-01-02",
      day("2026-01-03"),
      day("2026-01-03"),
    ]);
    expect(outcome.rejected.map(({ target, reason }) => [target, reason])).toEqual([
      ["raw_campaign_daily", "conversions: expected a whole number, got text"],
      ["raw_campaign_variant_daily", "sent: expected a whole number, got a list"],
      ["raw_campaign_daily", "time: expected a day as YYYY-MM-DD"],
      ["raw_campaign_daily", "time: expected a day as YYYY-MM-DD"],
      ["raw_campaign_daily", "a second row for the same campaign_id, activity_date"],
    ]);
    expect(outcome.rows.map(({ row }) => row.variation_id ?? row.activity_date)).toEqual(["w", "2026-01-03"]);
  });

  it("cannot tell nameless variations apart, and says so", () => {
    const outcome = read([
      day("2026-01-01", { messages: { email: [{ sent: 1 }, { sent: 2 }], sms: [{ sent: 3 }] } }),
    ]);
    expect(outcome.rejected).toHaveLength(2);
    expect(of(outcome, "raw_campaign_variant_daily")).toMatchObject([
      { channel: "sms", sent: 3, variation_id: null },
    ]);
  });

  it("keeps to the window and names missing days up to today", () => {
    const days = [day("2025-12-31"), day("2026-01-01"), day("2026-01-04")];
    expect(read(days)).toMatchObject({ outsideWindow: 2, missingDays: ["2026-01-02", "2026-01-03"] });
    expect(read(days, { today: "2026-01-02" }).missingDays).toEqual(["2026-01-02"]);
    expect(read(days, { window: undefined })).toMatchObject({ outsideWindow: 0, missingDays: [] });
  });

  it("keeps quarantined rows writable, however deep they are", () => {
    let deep: unknown = 1;
    for (let i = 0; i < 50_000; i++) deep = [deep];
    const outcome = read([day("2026-01-01", { odd: deep })]);
    expect(outcome.rejected).toMatchObject([{ reason: "nested deeper than 100 levels" }]);
    expect(() => JSON.stringify(outcome)).not.toThrow();
  });
});
