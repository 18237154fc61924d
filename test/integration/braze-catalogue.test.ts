import { type BrazeSource, brazeCatalogue } from "@lifecycle/braze";
import { type DayWindow, splitWindow } from "@lifecycle/contracts";
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it, onTestFinished } from "vitest";
import { cents, openWorkspace, type Row, readAll, type TestWorkspace } from "./braze-support/workspace.ts";

const SIGNAL = { signal: AbortSignal.timeout(600_000) };

let at: TestWorkspace;
let source: BrazeSource;
let window: DayWindow;
let apps: { app_id: string; name: string }[];
let segment: string;

beforeAll(async () => {
  at = await openWorkspace(
    inject("redisUrl"),
    ...["--campaigns", "8", "--canvases", "3", "--days", "30", "--users", "40000"],
    ...["--limits", "names_and_products=100000/h", "--export-delay-ms", "300"],
  );
  window = at.window(14);
  apps = await at.truth("apps", window);
  const list = await readAll(at.open(), "segments-list");
  segment = String(list.of("raw_segment").find((row) => row.analytics_tracking_enabled)?.segment_id);
  source = at.open({
    resources: brazeCatalogue.map(({ slug }) => slug),
    configured: {
      slices: [
        ...apps.map(({ app_id }, i) => ({ name: `app${i}`, appId: app_id })),
        { name: "seg", segmentId: segment },
      ],
      sends: await sends(),
      exportedSegments: [segment],
    },
    exportTiming: { pollMs: 50, giveUpMs: 200_000 },
  });
});
afterAll(() => at.close());
beforeEach(async () => void (await at.sandbox.control("faults", { reset: true })));

const sends = async () =>
  (await at.truth<{ campaign_id: string; send_id: string }[]>("sends", window)).map(
    ({ campaign_id, send_id }) => ({ campaign_id, send_id }),
  );
const read = (resource: string, wanted: { objectId?: string; window?: DayWindow } = {}) =>
  readAll(source, resource, wanted);
const column = (rows: Row[], name: string) => rows.map((row) => row[name]);

describe("numbers of one app or segment", () => {
  it("of KPIs and sessions", async () => {
    const kpis = await at.truth<Record<string, Row[]>>("kpis", window);
    for (const [i, { app_id }] of apps.entries()) {
      for (const kpi of ["new_users", "dau", "mau", "uninstalls"]) {
        const rows = (await read(`kpi-${kpi.replace("_", "-")}-data-series-app${i}`, { window })).of(
          "raw_kpi_daily",
        );
        expect(column(rows, "value"), kpi).toEqual(column(kpis[app_id]!, kpi));
        expect(new Set(column(rows, "app_id"))).toEqual(new Set([app_id]));
      }
      const rows = (await read(`sessions-data-series-app${i}`, { window })).of("raw_session_daily");
      expect(column(rows, "sessions")).toEqual(column(kpis[app_id]!, "sessions"));
    }
  });

  it("of events", async () => {
    const [app] = apps;
    for (const [slice, more] of [
      ["app0", `&app_id=${app?.app_id}`],
      ["seg", `&segment_id=${segment}`],
    ] as const) {
      const truth = await at.truth<{ name: string; counts: number[] }[]>("events", window, more);
      expect(truth.length).toBeGreaterThan(0);
      for (const { name, counts } of truth.slice(0, 3)) {
        const rows = (await read(`events-data-series-${slice}`, { objectId: name, window })).of(
          "raw_custom_event_daily",
        );
        expect(column(rows, "count"), `${name} ${slice}`).toEqual(counts);
      }
    }
  });

  it("of purchases", async () => {
    const more = `&app_id=${apps[0]?.app_id}`;
    const truth = await at.truth<{ name: string; quantities: number[]; revenue_minor: number[] }[]>(
      "purchases",
      window,
      more,
    );
    for (const { name, quantities, revenue_minor } of truth.slice(0, 3)) {
      const wanted = { objectId: name, window };
      const pieces = (await read("purchases-quantity-series-app0", wanted)).of("raw_purchase_quantity_daily");
      expect(column(pieces, "quantity")).toEqual(quantities);
      const money = (await read("purchases-revenue-series-app0", wanted)).of("raw_purchase_revenue_daily");
      expect(column(money, "revenue").map(cents)).toEqual(revenue_minor);
    }
  });
});

describe("numbers by the hour", () => {
  /** Added up by company day. */
  const byDay = (rows: Row[], name: string) => {
    const days = new Map<unknown, number>();
    for (const row of rows)
      days.set(row.activity_date, (days.get(row.activity_date) ?? 0) + Number(row[name]));
    return days;
  };

  it("add up to the day, and their hours are instants", async () => {
    const { all } = await at.truth<{ all: Row[] }>("kpis", window);
    const parts = await Promise.all(
      splitWindow(window, 4).map((part) => read("sessions-data-series-hourly", { window: part })),
    );
    const rows = parts.flatMap((part) => part.of("raw_session_hourly"));
    const days = byDay(rows, "sessions");
    for (const { date, sessions } of all) expect(days.get(date), String(date)).toBe(sessions);
    const hours = column(rows, "activity_hour");
    expect(new Set(hours).size).toBe(hours.length);
    for (const hour of hours) expect(hour).toMatch(/^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z$/);
  });

  it("of events and purchases", async () => {
    const events = await at.truth<{ name: string; counts: number[] }[]>("events", window);
    const products = await at.truth<{ name: string; quantities: number[]; revenue_minor: number[] }[]>(
      "purchases",
      window,
    );
    const few = { from: window.from, until: splitWindow(window, 4)[0]!.until };
    const { name, counts } = events[0]!;
    const hourly = (await read("events-data-series-hourly", { objectId: name, window: few })).of(
      "raw_custom_event_hourly",
    );
    expect([...byDay(hourly, "count").values()]).toEqual(counts.slice(0, 4));
    const wanted = { objectId: products[0]!.name, window: few };
    const pieces = (await read("purchases-quantity-series-hourly", wanted)).of(
      "raw_purchase_quantity_hourly",
    );
    expect([...byDay(pieces, "quantity").values()]).toEqual(products[0]!.quantities.slice(0, 4));
    const money = (await read("purchases-revenue-series-hourly", wanted)).of("raw_purchase_revenue_hourly");
    expect([...byDay(money, "revenue").values()].map(cents)).toEqual(products[0]!.revenue_minor.slice(0, 4));
  });
});

describe("sends", () => {
  it("are what settings name, and cost no call", async () => {
    const { of, calls } = await read("sends-list");
    expect(column(of("raw_send"), "object_id")).toEqual(
      (await sends()).map((s) => `${s.campaign_id}/${s.send_id}`),
    );
    expect(calls).toBe(0);
  });

  it("have their days", async () => {
    const all = at.window(30);
    const truth = await at.truth<
      { campaign_id: string; send_id: string; days: (Row & { variants: Row[] })[] }[]
    >("sends", window);
    expect(truth.length).toBeGreaterThan(0);
    for (const { campaign_id, send_id, days } of truth.slice(0, 6)) {
      const { of } = await read("sends-data-series", { objectId: `${campaign_id}/${send_id}`, window: all });
      const rows = of("raw_send_daily");
      for (const day of days) {
        const row = rows.find(({ activity_date }) => activity_date === day.date);
        expect(row).toMatchObject({ campaign_id, send_id, conversions: day.conversions });
        expect(cents(row?.revenue)).toBe(day.revenue_minor);
        for (const variant of day.variants) {
          const own = of("raw_send_variant_daily").find(
            (each) => each.activity_date === day.date && each.variation_id === variant.variation_id,
          );
          expect(own?.sent ?? null).toBe(variant.sent);
        }
      }
    }
  });
});

it("a Canvas's summary is the sum of its series, under the summary's own names", async () => {
  const truth = await at.truth<{ canvas_id: string; days: (Row & { variants: Row[]; steps: Row[] })[] }[]>(
    "canvases",
    window,
  );
  const total = (rows: Row[], name: string) => rows.reduce((sum, row) => sum + Number(row[name] ?? 0), 0);
  for (const { canvas_id, days } of truth) {
    const rows = (await read("canvas-data-summary", { objectId: canvas_id, window })).of(
      "raw_canvas_summary",
    );
    const [whole] = rows.filter(({ part }) => part === "total");
    expect(whole).toMatchObject({
      from_date: window.from,
      until_date: window.until,
      entries: total(days, "entries"),
      conversions: total(days, "conversions"),
      conversions_by_entry_time: total(days, "conversions_by_entry_time"),
    });
    expect(cents(whole?.revenue)).toBe(total(days, "revenue_minor"));
    for (const { part_id, entries, conversions_by_entry_time } of rows.filter(
      ({ part }) => part === "variant",
    )) {
      const own = days.flatMap(({ variants }) =>
        variants.filter(({ variation_id }) => variation_id === part_id),
      );
      expect([entries, conversions_by_entry_time]).toEqual([total(own, "entries"), null]);
    }
    for (const { part_id, conversions, messages } of rows.filter(({ part }) => part === "step")) {
      const own = days.flatMap(({ steps }) => steps.filter(({ step_id }) => step_id === part_id));
      expect(conversions).toBe(total(own, "conversions"));
      for (const entry of messages as Row[])
        expect(entry.sent ?? 0).toBe(
          own.reduce((sum, { stats }) => sum + Number((stats as Row | null)?.sent ?? 0), 0),
        );
    }
  }
});

describe("user exports", () => {
  const users = (rows: Row[]) => new Set(column(rows, "braze_id"));

  it("of a segment: started, waited for, unzipped as it comes", async () => {
    const sizes = await at.truth<{ segment_id: string; sizes: number[] }[]>("segments", window);
    const { of, calls } = await read("users-export-segment", { objectId: segment });
    const rows = of("raw_user_export");
    expect(users(rows).size).toBe(sizes.find(({ segment_id }) => segment_id === segment)?.sizes.at(-1));
    expect(calls).toBe(1);
    expect(rows[0]).toMatchObject({
      exported_from: "segment",
      segment_id: segment,
      email: null,
      is_uninstalled: expect.any(Boolean),
    });
    expect(rows[0]?.created_at).toMatch(/^\d{4}-.*Z$/);
    // Files repeat a user now and then: both rows are kept, the models count one.
    if (rows.length > 5_000) expect(rows.length).toBeGreaterThan(users(rows).size);
  });

  it("of the global control group", async () => {
    const { size } = await at.truth<{ size: number }>("global_control_group", window);
    const rows = (await read("users-export-global-control-group")).of("raw_user_export");
    expect(users(rows).size).toBe(size);
  });

  it("is asked for of the segments that settings name", async () => {
    const listed = (await read("segments-list")).of("raw_segment");
    expect(listed.filter((row) => row.is_exported).map((row) => row.segment_id)).toEqual([segment]);
  });

  it("that runs already is told to come back, and ends when aborted", async () => {
    // In a sandbox that never gets it ready.
    const world = ["--campaigns", "1", "--canvases", "1", "--days", "5", "--users", "20000"];
    const slow = await openWorkspace(inject("redisUrl"), ...world, "--export-delay-ms", "3600000");
    onTestFinished(() => slow.close());
    const patient = slow.open({ exportTiming: { pollMs: 50, giveUpMs: 3_600_000 } });
    const wanted = { objectId: segment };
    const started = async () =>
      ((await slow.sandbox.control("log?path=/users/export/segment")) as { entries: unknown[] }).entries;
    const abort = new AbortController();
    const first = patient.extract("users-export-segment", wanted, { signal: abort.signal }).next();
    while ((await started()).length === 0) await new Promise((done) => setTimeout(done, 10));
    await expect(patient.extract("users-export-segment", wanted, SIGNAL).next()).rejects.toMatchObject({
      code: "braze.rate_limited",
    });
    abort.abort(new Error("shutdown"));
    await expect(first).rejects.toThrow("shutdown");
  });
});

describe("what is asked by ids", () => {
  it("users, at most fifty", async () => {
    const ids = ["user-000001", "user-000002", "nobody"];
    const found = await source.users.byIds(ids, { ...SIGNAL, fields: ["braze_id", "external_id", "email"] });
    expect(found.rows.map(({ row }) => row.external_id)).toEqual(ids.slice(0, 2));
    expect(found.rows[0]?.row.email).toMatch(/@/);
    expect(found.unknownIds).toEqual(["nobody"]);
    const many = Array.from({ length: 51 }, (_, i) => `user-${i}`);
    await expect(source.users.byIds(many, SIGNAL)).rejects.toMatchObject({ code: "braze.too_many_ids" });
  });

  it("subscriptions of a group and of a user", async () => {
    const groups = await source.subscriptions.groupsOf("user-000001", SIGNAL);
    for (const { subscription_group_id, subscription_status } of groups) {
      const status = await source.subscriptions.statusOf(
        subscription_group_id,
        ["user-000001", "nobody"],
        SIGNAL,
      );
      expect(status["user-000001"]?.toLowerCase()).toBe(subscription_status);
      expect(status.nobody).toBe("Unknown");
    }
    expect(groups.length).toBeGreaterThan(0);
  });
});
