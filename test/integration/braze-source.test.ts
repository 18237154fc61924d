import type { BrazeSource } from "@lifecycle/braze";
import { addDays, type DayWindow, errorCode, splitWindow } from "@lifecycle/contracts";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import {
  cents,
  failureOf,
  openWorkspace,
  type Row,
  readAll,
  type TestWorkspace,
} from "./braze-support/workspace.ts";

let at: TestWorkspace;
let source: BrazeSource;
let window: DayWindow;

beforeAll(async () => {
  at = await openWorkspace(
    inject("redisUrl"),
    ...["--campaigns", "8", "--canvases", "3", "--days", "30", "--limits", "names_and_products=100000/h"],
  );
  source = at.open();
  window = at.window(28);
});
afterAll(() => at.close());

/** All rows of a resource by target; nothing may be set aside. */
const rowsOf = async (resource: string, wanted: { objectId?: string; window?: DayWindow } = {}) =>
  (await readAll(source, resource, wanted)).of;

interface Truth {
  campaigns: { campaign_id: string; archived: boolean; days: (Row & { variants: Row[] })[] }[];
  canvases: { canvas_id: string; days: (Row & { variants: Row[]; steps: Row[] })[] }[];
}
const truthOf = async (): Promise<Truth> =>
  (await at.sandbox.control(`truth?from=${window.from}&to=${addDays(window.until, -1)}`)) as Truth;

/** The columns that both sides have must agree, money in cents. Braze names no variation where there is only one. */
function agree(row: Row, truth: Row): void {
  const { revenue_minor, variation_name, stats: _, revenue: __, ...counters } = truth;
  if (row.variation_name) expect(row.variation_name).toBe(variation_name);
  for (const [name, value] of Object.entries(counters))
    if (name in row) expect(row[name], name).toEqual(value);
  expect(cents(row.revenue)).toBe(revenue_minor);
}

describe("every number of the sandbox", () => {
  it("of campaigns, by day and variation", async () => {
    const truth = await truthOf();
    const listed = (await rowsOf("campaigns-list"))("raw_campaign");
    expect(new Set(listed.map((row) => row.campaign_id))).toEqual(
      new Set(truth.campaigns.map((c) => c.campaign_id)),
    );
    for (const { campaign_id, days } of truth.campaigns) {
      const rows = await rowsOf("campaigns-data-series", { objectId: campaign_id, window });
      const daily = rows("raw_campaign_daily");
      expect(daily.map((row) => row.activity_date)).toEqual(days.map((day) => day.date));
      days.forEach((day, i) => {
        agree(daily[i]!, day);
        const variants = rows("raw_campaign_variant_daily").filter((row) => row.activity_date === day.date);
        for (const row of variants)
          agree(row, day.variants.find((each) => each.variation_id === row.variation_id)!);
        const sent = (all: Row[]) =>
          all.reduce((sum, row) => sum + Number(row.sent ?? 0) + Number(row.enrolled ?? 0), 0);
        expect(sent(variants)).toBe(sent(day.variants));
      });
    }
  });

  it("of Canvases, by day, variant and step", async () => {
    const truth = await truthOf();
    expect((await rowsOf("canvas-list"))("raw_canvas")).toHaveLength(truth.canvases.length);
    for (const { canvas_id, days } of truth.canvases) {
      const parts = await Promise.all(
        splitWindow(window, 14).map((part) =>
          rowsOf("canvas-data-series", { objectId: canvas_id, window: part }),
        ),
      );
      const rows = (target: string) => parts.flatMap((part) => part(target));
      expect(rows("raw_canvas_daily").map((row) => row.activity_date)).toEqual(days.map((day) => day.date));
      days.forEach((day, i) => {
        agree(rows("raw_canvas_daily")[i]!, day);
        const of = (target: string) => rows(target).filter((row) => row.activity_date === day.date);
        for (const row of of("raw_canvas_variant_daily"))
          agree(row, day.variants.find((each) => each.variation_id === row.variation_id)!);
        for (const row of of("raw_canvas_step_daily"))
          agree(row, day.steps.find((each) => each.step_id === row.step_id)!);
      });
      const total = (all: Row[]) => all.reduce((sum, row) => sum + Number(row.entries), 0);
      expect(total(rows("raw_canvas_variant_daily"))).toBe(total(days));
    }
  });

  it("of details, with all their parts", async () => {
    const truth = await truthOf();
    for (const { campaign_id, archived, days } of truth.campaigns) {
      const rows = await rowsOf("campaigns-details", { objectId: campaign_id });
      expect(rows("raw_campaign")).toMatchObject([{ campaign_id, archived }]);
      const known = new Set(rows("raw_campaign_variant").map((row) => row.variation_id));
      for (const { variation_id } of days[0]?.variants ?? []) expect(known).toContain(variation_id);
    }
    for (const { canvas_id, days } of truth.canvases) {
      const rows = await rowsOf("canvas-details", { objectId: canvas_id });
      expect(rows("raw_canvas_variant")).toHaveLength(days[0]?.variants.length ?? 0);
    }
  });
});

describe("every number of the rest of the catalogue", () => {
  const section = <T>(name: string) => at.truth<T>(name, window);
  const column = (rows: Row[], name: string) => rows.map((row) => row[name]);

  it("of KPIs and sessions", async () => {
    const { all } = await section<{ all: Row[] }>("kpis");
    for (const kpi of ["new_users", "dau", "mau", "uninstalls"]) {
      const rows = await rowsOf(`kpi-${kpi.replace("_", "-")}-data-series`, { window });
      expect(column(rows("raw_kpi_daily"), "value"), kpi).toEqual(column(all, kpi));
    }
    const sessions = (await rowsOf("sessions-data-series", { window }))("raw_session_daily");
    expect(column(sessions, "sessions")).toEqual(column(all, "sessions"));
  });

  it("of segments, those without analytics aside", async () => {
    const truth = await section<{ segment_id: string; sizes: number[] }[]>("segments");
    const listed = (await rowsOf("segments-list"))("raw_segment");
    expect(listed.length).toBeGreaterThan(0);
    for (const { segment_id, analytics_tracking_enabled } of listed) {
      const objectId = String(segment_id);
      expect((await rowsOf("segments-details", { objectId }))("raw_segment_detail")).toMatchObject([
        { segment_id },
      ]);
      if (!analytics_tracking_enabled) {
        expect(errorCode(await failureOf(source, "segments-data-series", { objectId, window }))).toBe(
          "braze.bad_request",
        );
        continue;
      }
      const sizes = (await rowsOf("segments-data-series", { objectId, window }))("raw_segment_daily");
      expect(column(sizes, "size")).toEqual(truth.find((each) => each.segment_id === segment_id)?.sizes);
    }
  });

  it("of custom events", async () => {
    const truth = await section<{ name: string; counts: number[] }[]>("events");
    const names = column((await rowsOf("events-list"))("raw_custom_event_name"), "event_name");
    expect(names).toEqual(expect.arrayContaining(truth.map(({ name }) => name)));
    const described = (await rowsOf("custom-events"))("raw_custom_event");
    expect(column(described, "event_name")).toEqual(names);
    for (const { name, counts } of truth.slice(0, 10)) {
      const rows = (await rowsOf("events-data-series", { objectId: name, window }))("raw_custom_event_daily");
      expect(column(rows, "count"), name).toEqual(counts);
    }
    expect((await rowsOf("custom-attributes"))("raw_custom_attribute").length).toBeGreaterThan(0);
  });

  it("of purchases", async () => {
    const truth =
      await section<{ name: string; quantities: number[]; revenue_minor: number[] }[]>("purchases");
    const names = column((await rowsOf("purchases-product-list"))("raw_product_name"), "product_name");
    expect(names).toEqual(expect.arrayContaining(truth.map(({ name }) => name)));
    for (const { name, quantities, revenue_minor } of truth.slice(0, 5)) {
      const wanted = { objectId: name, window };
      const pieces = (await rowsOf("purchases-quantity-series", wanted))("raw_purchase_quantity_daily");
      expect(column(pieces, "quantity")).toEqual(quantities);
      const money = (await rowsOf("purchases-revenue-series", wanted))("raw_purchase_revenue_daily");
      expect(column(money, "revenue").map(cents)).toEqual(revenue_minor);
    }
  });

  it("of bounces, unsubscribes and invalid numbers", async () => {
    const truth = await section<Record<string, { date: string; count: number }[]>>("contacts");
    for (const [resource, table, list] of [
      ["email-hard-bounces", "raw_email_hard_bounce", "hard_bounces"],
      ["email-unsubscribes", "raw_email_unsubscribe", "unsubscribes"],
      ["sms-invalid-phone-numbers", "raw_sms_invalid_phone", "invalid_phones"],
    ] as const) {
      const rows = (await rowsOf(resource, { window }))(table);
      const counted = truth[list]!.filter(({ date }) => date >= window.from && date < window.until);
      expect(rows, resource).toHaveLength(counted.reduce((sum, { count }) => sum + count, 0));
    }
  });

  it("of scheduled broadcasts", async () => {
    const rows = (await rowsOf("scheduled-broadcasts"))("raw_scheduled_broadcast");
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row.next_send_at === null).toBe(row.schedule_type === "local_time_zones");
  });
});
