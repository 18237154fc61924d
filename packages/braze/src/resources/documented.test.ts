import { addDays } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { windowParams } from "../series-window.ts";
import { campaignDay, context, entryOf, type Row, resource, rowsOf } from "./answers.fixture.ts";
import { brazeCatalogue } from "./registry.ts";

/** What Braze's pages say, what was seen in recorded answers, and what other connectors tripped over: a test for each. */

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
