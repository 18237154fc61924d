import { addDays } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import type { Resource } from "../resource.ts";
import { windowParams } from "../series-window.ts";
import { brazeCatalogue, findResource } from "./registry.ts";

/** What Braze's pages say, what was seen in recorded answers, and what other connectors tripped over: a test for each. */

type Row = Record<string, unknown>;
const context = { objectId: "o-1", window: { from: "2026-01-01", until: "2026-01-02" }, today: "2026-02-01" };
const resource = (slug: string): Resource => findResource(slug)!;
const rowsOf = (slug: string, body: unknown, table: string, over = {}): Row[] => {
  const { rows, rejected, unexpected } = resource(slug).toRows(body, { ...context, ...over });
  expect({ rejected, unexpected }).toEqual({ rejected: [], unexpected: undefined });
  return rows.filter(({ target }) => target === table).map(({ row }) => row);
};
const campaignDay = (messages: unknown, fields: Row = {}) => ({
  message: "success",
  data: [{ time: "2026-01-01", messages, ...fields }],
});
const entryOf = (channel: string, entry: Row, slug = "campaigns-data-series"): Row => {
  const table = slug === "sends-data-series" ? "raw_send_variant_daily" : "raw_campaign_variant_daily";
  const [row] = rowsOf(slug, campaignDay({ [channel]: [entry] }), table, { objectId: "c/s" });
  return row!;
};
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

describe("seen in recorded answers", () => {
  it("an edit is `2022-11-29T14:59:02+00:00`", () => {
    const body = { campaigns: [{ id: "c", last_edited: "2022-11-29T14:59:02+00:00" }] };
    expect(rowsOf("campaigns-list", body, "raw_campaign")[0]?.last_edited).toBe("2022-11-29T14:59:02.000Z");
  });

  it("a channel may map to an empty list", () => {
    expect(
      rowsOf("campaigns-data-series", campaignDay({ email: [], ios_push: [] }), "raw_campaign_variant_daily"),
    ).toEqual([]);
  });

  it("conversions are 0 even where no event is defined, and revenue is 0.0", () => {
    const body = campaignDay(
      {},
      {
        conversions: 0,
        conversions1: 0,
        conversions2: 0,
        conversions3: 0,
        revenue: 0.0,
        unique_recipients: 0,
      },
    );
    expect(rowsOf("campaigns-data-series", body, "raw_campaign_daily")[0]).toMatchObject({
      conversions: 0,
      conversions3: 0,
      revenue: "0",
    });
  });

  it("a campaign with one message has no name and no outcomes per entry: null, not zero", () => {
    expect(entryOf("email", { variation_api_id: "v", sent: 3 })).toMatchObject({
      ...{
        variation_id: "v",
        variation_name: null,
        conversions: null,
        revenue: null,
        unique_recipients: null,
        is_control: false,
      },
    });
  });

  it("an entry of a test has name, id and outcomes", () => {
    const entry = {
      variation_name: "A",
      variation_api_id: "v",
      sent: 3,
      revenue: 2,
      unique_recipients: 3,
      conversions: 1,
      conversions_by_send_time: 2,
    };
    expect(entryOf("email", entry)).toMatchObject({
      variation_name: "A",
      revenue: "2",
      conversions: 1,
      conversions_by_send_time: 2,
    });
  });

  it("machine opens stand apart from opens", () => {
    expect(entryOf("email", { opens: 5, machine_open: 4, machine_amp_open: 1 })).toMatchObject({
      opens: 5,
      machine_opens: 4,
    });
  });

  it("series are dense and ascend; a day that is absent is named, in whatever order the others come", () => {
    const data = ["2026-01-03", "2026-01-01"].map((time) => ({ time, sessions: 1 }));
    const window = { from: "2026-01-01", until: "2026-01-04" };
    const { rows, missingDays } = resource("sessions-data-series").toRows({ data }, { ...context, window });
    expect(rows).toHaveLength(2);
    expect(missingDays).toEqual(["2026-01-02"]);
  });

  it("a bare `ending_at` loses its own day, so the last second of the last day is sent", () => {
    const params = windowParams({ from: "2026-01-01", until: "2026-01-08" }, "America/New_York");
    expect(params).toEqual({ length: "7", ending_at: "2026-01-07T23:59:59-05:00" });
  });

  it("a Canvas's breakdowns are absent unless asked for", () => {
    const stats = [
      {
        time: "2026-01-01",
        total_stats: { revenue: 0.0, conversions: 0, conversions_by_entry_time: 0, entries: 0 },
      },
    ];
    const { rows, rejected } = resource("canvas-data-series").toRows({ data: { name: "n", stats } }, context);
    expect([rows.length, rejected.length]).toEqual([1, 0]);
  });

  it("a user's id at Braze is a 24-digit hex text", () => {
    const braze_id = "5f1a2b3c4d5e6f7a8b9c0d1e";
    expect(rowsOf("users-export-segment", [{ braze_id }], "raw_user_export")[0]?.braze_id).toBe(braze_id);
  });
});

describe("what other connectors tripped over", () => {
  it("nothing is filtered by its last edit, and archived objects are asked for", () => {
    for (const slug of ["campaigns-list", "canvas-list"]) {
      expect(resource(slug).params).toMatchObject({ include_archived: "true" });
      expect(Object.keys(resource(slug).params).join()).not.toContain("last_edit");
    }
  });

  it.each(["canvas-data-series", "canvas-data-summary"])(
    "%s asks for variants, steps and deleted steps",
    (slug) => {
      expect(resource(slug).params).toEqual({
        include_variant_breakdown: "true",
        include_step_breakdown: "true",
        include_deleted_step_data: "true",
      });
    },
  );

  it("lists by page rely on no page size and no total", () => {
    const byPage = brazeCatalogue.filter(({ paging }) => paging.style === "page").map(({ paging }) => paging);
    expect(byPage.length).toBe(5);
    for (const paging of byPage) expect(paging).toEqual({ style: "page" });
  });

  it("every window asks for as many days as it has, the first as the others", () => {
    for (const from of ["2026-01-01", "2026-04-11"])
      expect(windowParams({ from, until: addDays(from, 100) }, "UTC").length).toBe("100");
  });

  it("a Canvas is asked for 14 days at a time, other series for 100", () => {
    for (const { slug, window } of brazeCatalogue.filter(
      (each) => each.window && each.window.as === undefined,
    ))
      expect(window?.maxDays, slug).toBe(slug.startsWith("canvas-") ? 14 : 100);
  });

  it("maps whose keys change from row to row are kept as JSON", () => {
    const types = (slug: string) => resource(slug).targets.flatMap(({ columns }) => columns);
    for (const [slug, name] of [
      ["campaigns-data-series", "stats"],
      ["canvas-data-series", "messages"],
    ] as const)
      expect(types(slug).find((column) => column.name === name)?.type).toBe("JSON");
  });

  it("segments without analytics tracking are not asked for a series", () => {
    expect(resource("segments-data-series").parentFlag).toBe("analytics_tracking_enabled");
  });

  it.each([
    ["tags", ["campaigns-list", { campaigns: [{ id: "c", tags: "one" }] }, "raw_campaign"], ["one"]],
    ["tags", ["campaigns-list", { campaigns: [{ id: "c", tags: ["a", "b"] }] }, "raw_campaign"], ["a", "b"]],
    ["revenue", ["campaigns-data-series", campaignDay({}, { revenue: 12 }), "raw_campaign_daily"], "12"],
    [
      "revenue",
      ["campaigns-data-series", campaignDay({}, { revenue: 12.34 }), "raw_campaign_daily"],
      "12.34",
    ],
    [
      "revenue",
      ["campaigns-data-series", campaignDay({}, { revenue: "12.34" }), "raw_campaign_daily"],
      "12.34",
    ],
    [
      "conversions",
      ["campaigns-data-series", campaignDay({}, { conversions: "7" }), "raw_campaign_daily"],
      7,
    ],
  ] as const)("%s changes its type from page to page (%#)", (column, [slug, body, table], expected) => {
    expect(rowsOf(slug, body, table)[0]?.[column]).toEqual(expected);
  });

  it("`from` of a message is text or a list: kept as received", () => {
    const messages = { a: { channel: "sms", from: "+1, +2" }, b: { channel: "whats_app", from: ["+1"] } };
    const rows = rowsOf("campaigns-details", { name: "n", messages }, "raw_campaign_variant");
    expect(rows.map(({ payload }) => (payload as Row).from)).toEqual(["+1, +2", ["+1"]]);
  });

  it("`page` and `length` are sent as text, which every server reads", () => {
    expect(windowParams({ from: "2026-01-01", until: "2026-01-15" }, "UTC").length).toBe("14");
  });
});

describe("the types of exported users", () => {
  const user = (fields: Row): Row =>
    rowsOf("users-export-segment", [{ braze_id: "b", ...fields }], "raw_user_export")[0]!;

  it.each([
    ["2020-07-10 15:00:00.000 UTC", "2020-07-10T15:00:00.000Z"],
    ["2020-07-10T15:00:00.000Z", "2020-07-10T15:00:00.000Z"],
    ["2020-07-10T17:00:00+02:00", "2020-07-10T15:00:00.000Z"],
  ])("created_at may be %s", (created_at, expected) => {
    expect(user({ created_at }).created_at).toBe(expected);
  });

  it("sessions of an app are a number or a text: kept as received", () => {
    const apps = [
      { name: "A", sessions: 3 },
      { name: "B", sessions: "4" },
    ];
    expect(user({ apps }).apps).toEqual(apps);
  });

  it("coordinates come in an order nobody is sure of: kept, not named", () => {
    expect(user({ last_coordinates: [40.75, -73.99] }).last_coordinates).toEqual([40.75, -73.99]);
  });

  it("a time zone need not be an IANA name", () => {
    expect(user({ time_zone: "Eastern Time (US & Canada)" }).time_zone).toBe("Eastern Time (US & Canada)");
  });

  it("total_revenue is whole or not", () => {
    expect(
      [user({ total_revenue: 65 }), user({ total_revenue: 65.5 })].map((row) => row.total_revenue),
    ).toEqual(["65", "65.5"]);
  });

  it("what is absent is null; who has an uninstall time has uninstalled", () => {
    expect(user({})).toMatchObject({
      email: null,
      country: null,
      uninstalled_at: null,
      is_uninstalled: false,
    });
    expect(user({ uninstalled_at: "2026-01-01T00:00:00Z" })).toMatchObject({ is_uninstalled: true });
  });

  it("a user that comes twice stays twice: models count one", () => {
    const body = [{ braze_id: "b" }, { braze_id: "b" }];
    expect(rowsOf("users-export-global-control-group", body, "raw_user_export")).toHaveLength(2);
  });

  it("names, addresses and whatever is unknown are personal", () => {
    const [table] = resource("users-export-segment").targets;
    const personal = table!.columns.filter(({ pii }) => pii).map(({ name }) => name);
    expect(personal).toEqual(
      expect.arrayContaining(["external_id", "email", "phone", "first_name", "last_name", "extra"]),
    );
    expect(user({ shoe_size: 43 }).extra).toEqual({ shoe_size: 43 });
  });
});

describe("names that mislead", () => {
  it("a segment's `description` is its filters, `text_description` what people typed", () => {
    const body = { name: "n", description: "in segment x", text_description: "my best" };
    expect(rowsOf("segments-details", body, "raw_segment_detail")[0]).toMatchObject({
      filter_description: "in segment x",
      description: "my best",
    });
  });

  it("scopes are spelled unlike their paths", () => {
    expect(resource("email-unsubscribes").scope).toBe("email.unsubscribe");
    expect(resource("scheduled-broadcasts").scope).toBe("messages.schedule_broadcasts");
  });

  it("a send's recipients are its campaign's, under its own id", () => {
    const [row] = rowsOf("sends-data-series", campaignDay({}, { unique_recipients: 4 }), "raw_send_daily", {
      objectId: "c-1/my/send",
    });
    expect(row).toMatchObject({ campaign_id: "c-1", send_id: "my/send", unique_recipients: 4 });
  });
});

describe("fields that nobody documents", () => {
  it.each<[string, unknown, string, string]>([
    ["campaigns-list", { campaigns: [{ id: "c", colour: "red" }] }, "raw_campaign", "colour"],
    ["canvas-list", { canvases: [{ id: "c", colour: "red" }] }, "raw_canvas", "colour"],
    ["campaigns-data-series", campaignDay({}, { colour: "red" }), "raw_campaign_daily", "colour"],
    [
      "canvas-data-series",
      { data: { stats: [{ time: "2026-01-01", total_stats: { colour: "red" } }] } },
      "raw_canvas_daily",
      "total_stats.colour",
    ],
    [
      "canvas-details",
      { name: "n", variants: [{ id: "v", colour: "red" }] },
      "raw_canvas_variant",
      "variants.colour",
    ],
    ["campaigns-details", { name: "n", colour: "red" }, "raw_campaign", "colour"],
    ["segments-details", { name: "n", colour: "red" }, "raw_segment_detail", "colour"],
    [
      "kpi-dau-data-series",
      { data: [{ time: "2026-01-01", dau: 1, colour: "red" }] },
      "raw_kpi_daily",
      "colour",
    ],
    ["custom-events", { events: [{ name: "e", colour: "red" }] }, "raw_custom_event", "colour"],
    ["users-export-segment", [{ braze_id: "b", colour: "red" }], "raw_user_export", "colour"],
  ])("of %s are kept and reported", (slug, body, table, field) => {
    const { rows, schemaChanges } = resource(slug).toRows(body, context);
    expect(schemaChanges).toEqual([{ table, field, type: "text" }]);
    const kept = rows.find(({ target }) => target === table)!.row;
    expect(JSON.stringify([kept.extra, kept.payload])).toContain("red");
  });
});
