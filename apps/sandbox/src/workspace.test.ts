import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asking, type Json } from "./asking.fixture.ts";
import { readOptions } from "./options.ts";
import { type Sandbox, startSandbox } from "./server.ts";

/** A sandbox that nobody changes: all tests of this file read from it. */
let sandbox: Sandbox;
beforeAll(async () => {
  const flags = ["--port", "0", "--now", "2026-03-20T12:00:00Z", "--users", "60000"];
  sandbox = await startSandbox(readOptions([...flags, "--segments", "104"], {}, Date.now()));
});
afterAll(() => sandbox.close());
const { get, truth } = asking(() => sandbox);

/** One column of the rows of a series. */
async function column(path: string, name: string): Promise<number[]> {
  const { status, body } = await get(path);
  expect([path, status]).toEqual([path, 200]);
  return (body.data as unknown as Record<string, number>[]).map((row) => row[name]!);
}

describe("KPIs and sessions", () => {
  it("equal the truth, for the workspace and for each app", async () => {
    const { kpis, apps } = await truth("only=kpis,apps");
    const ids = ["all", ...(apps as unknown as { app_id: string }[]).map(({ app_id }) => app_id)];
    for (const id of ids) {
      const days = kpis![id] as unknown as Record<string, number>[];
      const app = id === "all" ? "" : `&app_id=${id}`;
      for (const kpi of ["new_users", "dau", "mau", "uninstalls"]) {
        const shown = await column(`/kpi/${kpi}/data_series?length=90${app}`, kpi);
        expect([kpi, id, shown]).toEqual([kpi, id, days.map((day) => day[kpi])]);
        expect(Math.max(...shown)).toBeGreaterThan(0);
      }
      const sessions = await column(`/sessions/data_series?length=90${app}`, "sessions");
      expect(sessions).toEqual(days.map((day) => day.sessions));
    }
    expect((await get("/kpi/dau/data_series?length=3&app_id=nobody")).status).toBe(400);
  });

  it("come by the hour with the company's offset, and add up to the day", async () => {
    const hours = "/sessions/data_series?unit=hour&length=23&ending_at=2026-03-09";
    const { body } = await get(hours);
    const rows = body.data as unknown as { time: string; sessions: number }[];
    // Clocks went forward on the 8th: 23 hours, none of them at two o'clock.
    expect(rows[0]!.time).toBe("2026-03-08T00:00:00-05:00");
    expect(rows.map(({ time }) => time)).not.toContain("2026-03-08T02:00:00-05:00");
    expect(rows.at(-1)!.time).toBe("2026-03-08T23:00:00-04:00");
    const day = await column("/sessions/data_series?length=1&ending_at=2026-03-09", "sessions");
    expect(rows.reduce((sum, row) => sum + row.sessions, 0)).toBe(day[0]);
  });
});

describe("custom events and attributes", () => {
  it("lists names as bare strings by 250 and as objects by cursor", async () => {
    const pages = await Promise.all([0, 1, 2].map((page) => get(`/events/list?page=${page}`)));
    const names = pages.flatMap(({ body }) => body.events as unknown as string[]);
    expect(pages.map(({ body }) => (body.events as unknown as string[]).length)).toEqual([250, 12, 0]);
    expect(names).toEqual([...names].sort());
    const found: string[] = [];
    let path: string | undefined = "/events";
    const rels: string[] = [];
    while (path) {
      const { body, headers } = await get(path);
      found.push(...(body.events as unknown as { name: string }[]).map(({ name }) => name));
      const link: string = headers.get("link")!;
      rels.push([...link.matchAll(/rel="(\w+)"/g)].map(([, rel]) => rel).join("+"));
      path = /<([^>]+)>; rel="next"/.exec(link)?.[1];
    }
    expect(found).toEqual(names);
    expect(rels).toEqual(["next", "prev+next", "prev+next", "prev+next", "prev+next", "prev"]);
    const wrong = await get("/custom_attributes?cursor=abc");
    expect([wrong.status, wrong.body.message]).toEqual([400, "Invalid Request"]);
  });

  it("counts events as the truth does, by app and by segment", async () => {
    const segments = (await get("/segments/list")).body.segments as unknown as Record<string, string>[];
    const tracked = segments.find((segment) => segment.analytics_tracking_enabled)!.id;
    const untracked = segments.find((segment) => !segment.analytics_tracking_enabled)!.id;
    const { apps } = await truth("only=apps");
    const app = (apps as unknown as { app_id: string }[])[1]!.app_id;
    for (const filter of ["", `app_id=${app}`, `segment_id=${tracked}`]) {
      const { events } = await truth(`only=events&${filter}`);
      const some = (events as unknown as { name: string; counts: number[] }[]).filter(
        (_, at) => at % 40 === 0,
      );
      expect(some.length).toBeGreaterThan(2);
      for (const { name, counts } of some) {
        const path = `/events/data_series?event=${encodeURIComponent(name)}&length=90&${filter}`;
        expect(await column(path, "count")).toEqual(counts);
      }
    }
    expect((await get("/events/data_series?event=nothing&length=1")).status).toBe(400);
    expect((await get(`/events/data_series?event=cart_added&length=1&segment_id=${untracked}`)).status).toBe(
      400,
    );
  });
});

describe("purchases and segments", () => {
  it("sells what the truth says", async () => {
    const { purchases } = await truth("only=purchases");
    const all = purchases as unknown as { name: string; quantities: number[]; revenue_minor: number[] }[];
    for (const product of all.filter((_, at) => at % 30 === 0)) {
      const query = `length=90&product=${product.name}`;
      expect(await column(`/purchases/quantity_series?${query}`, "purchase_quantity")).toEqual(
        product.quantities,
      );
      const revenue = await column(`/purchases/revenue_series?${query}`, "revenue");
      expect(revenue.map((dollars) => Math.round(dollars * 100))).toEqual(product.revenue_minor);
    }
    const total = await column("/purchases/quantity_series?length=90", "purchase_quantity");
    expect(total).toEqual(
      total.map((_, day) => all.reduce((sum, { quantities }) => sum + quantities[day]!, 0)),
    );
    const pages = await Promise.all([0, 1, 2].map((page) => get(`/purchases/product_list?page=${page}`)));
    expect(pages.map(({ body }) => (body.products as unknown as string[]).length)).toEqual([100, 30, 0]);
  });

  it("sizes segments as the truth does; without tracking there is no history", async () => {
    const { segments } = await truth("only=segments");
    const sizes = segments as unknown as { segment_id: string; sizes: number[] }[];
    expect((await get("/segments/list?page=1")).body.segments).toHaveLength(4);
    for (const { segment_id, sizes: expected } of sizes.slice(0, 5)) {
      expect(await column(`/segments/data_series?segment_id=${segment_id}&length=90`, "size")).toEqual(
        expected,
      );
    }
    expect((await get(`/segments/data_series?length=2&segment_id=${sizes[5]!.segment_id}`)).status).toBe(400);
    const details = (await get(`/segments/details?segment_id=${sizes[0]!.segment_id}`)).body;
    expect(details.description).not.toEqual(details.text_description);
  });
});

describe("sends and summaries", () => {
  it("reports a send on its day, its conversions after it, and nothing after 14 days", async () => {
    const { sends } = await truth("only=sends");
    const all = sends as unknown as {
      campaign_id: string;
      send_id: string;
      days: Record<string, number>[];
    }[];
    expect(all.length).toBeGreaterThan(20);
    for (const { campaign_id, send_id, days } of all.filter((_, at) => at % 9 === 0)) {
      const path = `/sends/data_series?campaign_id=${campaign_id}&send_id=${send_id}&length=${days.length}`;
      for (const name of ["conversions", "conversions_by_send_time", "unique_recipients", "revenue"]) {
        expect([name, await column(path, name)]).toEqual([name, days.map((day) => day[name])]);
      }
    }
    const first = all[0]!;
    const old = first.send_id.replace(/\d{8}$/, "20260301");
    const { body } = await get(
      `/sends/data_series?campaign_id=${first.campaign_id}&send_id=${old}&length=30`,
    );
    expect(body.data).toEqual([]);
    const unknown = `/sends/data_series?campaign_id=${first.campaign_id}&send_id=x&length=3`;
    expect((await get(unknown)).status).toBe(400);
  });

  it("sums a Canvas up, without conversions by entry time per variant", async () => {
    const { canvases } = await truth("only=canvases&from=2026-03-06&to=2026-03-19");
    for (const canvas of canvases as unknown as { canvas_id: string; totals: Json }[]) {
      const flags =
        "include_variant_breakdown=true&include_step_breakdown=true&include_deleted_step_data=true";
      const path = `/canvas/data_summary?canvas_id=${canvas.canvas_id}&length=14&ending_at=2026-03-20&${flags}`;
      const { data } = (await get(path)).body;
      const {
        variants,
        steps,
        revenue_minor: _,
        ...total
      } = canvas.totals as unknown as Record<string, unknown>;
      expect(data!.total_stats).toEqual(total);
      for (const variant of variants as Record<string, string>[]) {
        const shown = data!.variant_stats![variant.variation_id!] as unknown as Record<string, unknown>;
        expect(shown.entries).toBe(variant.entries);
        expect(Object.keys(shown)).not.toContain("conversions_by_entry_time");
      }
      for (const step of steps as { step_id: string; channel: string; stats: Record<string, number> }[]) {
        if (!step.channel) continue;
        const messages = data!.step_stats![step.step_id]!.messages![step.channel] as unknown as Json[];
        if (step.channel.endsWith("_push")) {
          expect(messages[0]).toMatchObject({ influenced_opens: step.stats.total_opens });
        } else expect(messages[0]).toEqual(step.stats);
      }
    }
  });
});

describe("addresses and broadcasts", () => {
  it("pages through lists of addresses, newest first, both days at midnight UTC", async () => {
    const { contacts } = await truth("only=contacts");
    const expected = (list: string) =>
      (contacts![list] as unknown as { date: string; count: number }[])
        .filter(({ date }) => date >= "2026-01-01" && date < "2026-03-01")
        .reduce((sum, { count }) => sum + count, 0);
    const range = "start_date=2026-01-01&end_date=2026-03-01";
    for (const [path, list, key] of [
      ["/email/hard_bounces", "hard_bounces", "emails"],
      ["/email/unsubscribes", "unsubscribes", "emails"],
      ["/sms/invalid_phone_numbers", "invalid_phones", "sms"],
    ] as const) {
      const rows: Record<string, string>[] = [];
      for (let offset = 0; ; offset += 5) {
        const page = (await get(`${path}?${range}&limit=5&offset=${offset}`)).body[
          key
        ] as unknown as typeof rows;
        rows.push(...page);
        if (page.length < 5) break;
      }
      expect([path, rows.length]).toEqual([path, expected(list)]);
      const times = rows.map((row) => row.hard_bounced_at ?? row.unsubscribed_at ?? row.invalid_detected_at);
      expect(times).toEqual([...times].sort().reverse());
      expect(rows.length).toBeGreaterThan(0);
    }
    for (const query of [
      "",
      "start_date=2026-03-01",
      "start_date=2026-03-01&end_date=2026-03-01",
      `${range}&limit=501`,
    ]) {
      expect([query, (await get(`/email/hard_bounces?${query}`)).status]).toEqual([query, 400]);
    }
  });

  it("announces scheduled sends between now and the end", async () => {
    expect((await get("/messages/scheduled_broadcasts")).status).toBe(400);
    const { body } = await get("/messages/scheduled_broadcasts?end_time=2026-03-22");
    const rows = body.scheduled_broadcasts as unknown as Record<string, string>[];
    expect(new Set(rows.map(({ type }) => type))).toEqual(new Set(["Campaign", "Canvas"]));
    expect(
      rows.every(
        ({ next_send_time }) => next_send_time! > "2026-03-20T12" && next_send_time! < "2026-03-22T00:01",
      ),
    ).toBe(true);
  });
});
