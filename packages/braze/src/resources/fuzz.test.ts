import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Resource } from "../resource.ts";
import { brazeCatalogue } from "./registry.ts";

// The same cases every time: a rare one that fails becomes a test of its own.
fc.configureGlobal({ seed: 20260101 });

/**
 * Answers as documented, spoilt in places: fields dropped, nulled, retyped, made huge, nested or strange. Whatever comes,
 * nothing is thrown and nothing vanishes: what the fuzzer counts as sent is a row, a reject, or outside the window.
 */
const context = { objectId: "o-1", window: { from: "2026-01-01", until: "2026-01-11" }, today: "2026-03-01" };
const entry = {
  variation_api_id: "v1",
  variation_name: "A",
  sent: 5,
  opens: 2,
  revenue: 1.5,
  enrolled: 3,
  conversions: 1,
};
const messages = { email: [entry, { ...entry, variation_api_id: "v2" }], whats_app: [], sms: [{ sent: 1 }] };
const days = Array.from({ length: 4 }, (_, i) => `2026-01-0${i + 1}`);

const bodies: Record<string, unknown> = {
  "campaigns-list": {
    campaigns: days.map((id) => ({
      id,
      name: "n",
      tags: ["t"],
      is_api_campaign: true,
      last_edited: "2026-01-01T00:00:00Z",
    })),
  },
  "campaigns-details": {
    name: "n",
    created_at: "2026-01-01T00:00:00Z",
    channels: ["email"],
    archived: false,
    conversion_behaviors: [{ type: "Clicks Email", window: 60 }],
    messages: { m1: { channel: "email", name: "A" }, m2: { channel: "email", type: "control" } },
  },
  "campaigns-data-series": {
    data: days.map((time) => ({ time, messages, conversions: 1, revenue: 2.25, unique_recipients: 4 })),
  },
  "canvas-list": {
    canvases: days.map((id) => ({ id, name: "n", tags: [], last_edited: "2026-01-01T00:00:00Z" })),
  },
  "canvas-details": {
    name: "n",
    created_at: "2026-01-01T00:00:00Z",
    variants: [{ id: "v1", name: "A", first_step_ids: ["s1"] }],
    steps: [
      {
        id: "s1",
        name: "S",
        type: "message",
        next_step_ids: [],
        next_paths: [{ name: "Yes", next_step_id: "s2" }],
      },
    ],
  },
  "canvas-data-series": {
    data: {
      name: "n",
      stats: days.map((time) => ({
        time,
        total_stats: { entries: 1, conversions: 1, revenue: 1 },
        variant_stats: { v1: { name: "A", entries: 1 } },
        step_stats: { s1: { name: "S", messages } },
      })),
    },
  },
};

/** Lists of objects or texts, and series of one number a day: their rows are the items of one list. */
const items: Record<string, [field: string, item: unknown]> = {
  "segments-list": ["segments", { id: "s", name: "n", analytics_tracking_enabled: true, tags: [] }],
  "events-list": ["events", "signed up"],
  "custom-events": ["events", { name: "signed up", status: "Active", tag_names: ["t"] }],
  "custom-attributes": ["attributes", { name: "plan", data_type: "String", array_length: null }],
  "purchases-product-list": ["products", "a hat"],
  "email-hard-bounces": ["emails", { email: "a@example.com", hard_bounced_at: "2026-01-01T00:00:00Z" }],
  "email-unsubscribes": ["emails", { email: "a@example.com", unsubscribed_at: "2026-01-01T00:00:00Z" }],
  "sms-invalid-phone-numbers": ["sms", { phone: "+1555", invalid_detected_at: "2026-01-01T00:00:00Z" }],
  "scheduled-broadcasts": [
    "scheduled_broadcasts",
    { name: "n", id: "c", type: "Campaign", next_send_time: "2026-01-01T00:00:00-05:00", tags: [] },
  ],
};
const numbers: Record<string, string> = {
  "segments-data-series": "size",
  "events-data-series": "count",
  "kpi-new-users-data-series": "new_users",
  "kpi-dau-data-series": "dau",
  "kpi-mau-data-series": "mau",
  "kpi-uninstalls-data-series": "uninstalls",
  "sessions-data-series": "sessions",
  "purchases-quantity-series": "purchase_quantity",
  "purchases-quantity-total-series": "purchase_quantity",
  "purchases-revenue-series": "revenue",
  "purchases-revenue-total-series": "revenue",
};
for (const slug of [
  "events-data-series",
  ...["quantity", "quantity-total", "revenue", "revenue-total"].map((what) => `purchases-${what}-series`),
])
  numbers[`${slug}-hourly`] = numbers[slug]!;
numbers["sessions-data-series-hourly"] = "sessions";
bodies["sends-list"] = { sends: [{ campaign_id: "c", send_id: "s" }] };
bodies["sends-data-series"] = bodies["campaigns-data-series"];
bodies["canvas-data-summary"] = {
  data: {
    name: "n",
    total_stats: { entries: 1, conversions: 1, revenue: 1 },
    variant_stats: { v1: { name: "A", entries: 1 } },
    step_stats: { s1: { name: "S", messages } },
  },
};
const user = {
  braze_id: "5f1a",
  external_id: "u-1",
  email: "a@example.com",
  created_at: "2020-07-10 15:00:00.000 UTC",
  total_revenue: 12,
  apps: [{ name: "App", sessions: "3" }],
};
for (const slug of ["users-export-segment", "users-export-global-control-group"]) bodies[slug] = [user, user];
bodies["segments-details"] = { name: "n", description: "filters", text_description: "words", tags: "one" };
for (const [slug, [field, item]] of Object.entries(items))
  bodies[slug] = { message: "success", [field]: [item] };
for (const [slug, field] of Object.entries(numbers))
  bodies[slug] = {
    message: "success",
    data: days.map((day, i) => ({
      time: slug.endsWith("-hourly") ? `${day}T0${i}:00:00-05:00` : day,
      [field]: i,
    })),
  };

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
/** How many rows a part that should be a list or a map holds; anything else there is one row, and nothing is none. */
const sizeOf = (value: unknown, good: (value: unknown) => unknown[] | undefined): number =>
  value === null || value === undefined ? 0 : (good(value)?.length ?? 1);
const list = (value: unknown) => (Array.isArray(value) ? value : undefined);
const isEmpty = (value: unknown) => Array.isArray(value) && value.length === 0;
const map = (value: unknown) => (isMap(value) ? Object.values(value) : isEmpty(value) ? [] : undefined);
const inMessages = (value: unknown): number =>
  isMap(value)
    ? Object.values(value).reduce<number>((sum, each) => sum + sizeOf(each, list), 0)
    : sizeOf(value, map);
/** Parts of a day that can be read at all are counted; a day that cannot is one row, kept whole. */
const readable = (day: unknown): day is Record<string, unknown> =>
  isMap(day) &&
  typeof day.time === "string" &&
  /^\d{4}-\d\d-\d\d(?=$|[T ])/.test(day.time) &&
  isDay(day.time.slice(0, 10));
const isDay = (text: string) => new Date(`${text}T00:00:00Z`).toJSON()?.startsWith(text) ?? false;
const isInside = (day: Record<string, unknown>) =>
  String(day.time).slice(0, 10) >= context.window.from &&
  String(day.time).slice(0, 10) < context.window.until;
const inDays = (value: unknown, parts: (day: Record<string, unknown>) => number): number =>
  (list(value) ?? []).reduce<number>(
    (sum, day) => sum + (readable(day) && isInside(day) ? 1 + parts(day) : 1),
    0,
  );

const sent: Record<string, (body: Record<string, unknown>) => number> = {
  "campaigns-list": (body) => sizeOf(body.campaigns, list),
  "campaigns-details": (body) => 1 + sizeOf(body.messages, map),
  "campaigns-data-series": (body) => inDays(body.data, (day) => inMessages(day.messages)),
  "canvas-list": (body) => sizeOf(body.canvases, list),
  "canvas-details": (body) => 1 + sizeOf(body.variants, list) + sizeOf(body.steps, list),
  "canvas-data-series": (body) =>
    inDays(
      (body.data as Record<string, unknown>).stats,
      (day) => sizeOf(day.variant_stats, map) + sizeOf(day.step_stats, map),
    ),
};

function nested(): unknown {
  let value: unknown = "deep";
  for (let i = 0; i < 5_000; i++) value = i % 2 ? [value] : { a: value };
  return value;
}

sent["sends-list"] = (body) => sizeOf(body.sends, list);
sent["sends-data-series"] = sent["campaigns-data-series"]!;
sent["canvas-data-summary"] = ({ data }) =>
  1 +
  sizeOf((data as Record<string, unknown>).variant_stats, map) +
  sizeOf((data as Record<string, unknown>).step_stats, map);
for (const slug of ["users-export-segment", "users-export-global-control-group"])
  sent[slug] = (body) => sizeOf(body, list);
sent["segments-details"] = () => 1;
for (const [slug, [field]] of Object.entries(items)) sent[slug] = (body) => sizeOf(body[field], list);
for (const slug of Object.keys(numbers)) sent[slug] = (body) => inDays(body.data, () => 0);

/** Made anew at every use: one spoil must not change what another put in. */
const fresh = (text: string) => () => JSON.parse(text) as unknown;
const strange = fc.oneof(
  fc
    .constantFrom(null, undefined, "", "12", "12.5", "NaN", -0, 1e308, 2 ** 60, 0.1 + 0.2, true)
    .map((value) => () => value),
  fc
    .constantFrom(
      "\ud800",
      "😀".repeat(300),
      "__proto__",
      "2026-02-30",
      "2026-01-01T00:00:00-5:00",
      "x".repeat(100_000),
    )
    .map((value) => () => value),
  fc.constantFrom(fresh("[]"), fresh("{}"), fresh("[[]]"), nested),
  fc.constant(fresh('{"__proto__": {"sent": 1}, "constructor": 1, "toString": null}')),
  fc.jsonValue({ maxDepth: 3 }).map((value) => fresh(JSON.stringify(value))),
);

type Spoil = { at: number; how: "drop" | "replace" | "double" | "add"; value: () => unknown };
const spoils = fc.array(
  fc.record<Spoil>({
    at: fc.nat(10_000),
    how: fc.constantFrom("drop", "replace", "replace", "double", "add"),
    value: strange,
  }),
  { minLength: 1, maxLength: 6 },
);

/** Every place of a body below its top. */
function places(value: unknown, depth = 0): [container: Record<string, unknown>, key: string][] {
  if (typeof value !== "object" || value === null || depth > 10) return [];
  const container = value as Record<string, unknown>;
  return Object.keys(container).flatMap((key) => [[container, key], ...places(container[key], depth + 1)]);
}

function spoilt(body: unknown, list_: readonly Spoil[]): unknown {
  const copy = structuredClone(body);
  for (const { at, how, value } of list_) {
    const all = places(copy);
    const [container, key] = all[at % Math.max(1, all.length)] ?? [];
    if (!container || key === undefined) break;
    if (how === "drop" && Array.isArray(container)) container.splice(Number(key), 1);
    else if (how === "drop") delete container[key];
    else if (how === "replace") container[key] = value();
    else if (!Array.isArray(container)) container[`extra ${key}`] = value();
    else container.push(how === "double" ? container[Number(key)] : value());
  }
  return copy;
}

describe.each(brazeCatalogue.map((resource) => [resource.slug, resource] as const))(
  "%s",
  (slug, resource: Resource) => {
    it("throws at nothing and loses nothing", () => {
      const body = bodies[slug];
      expect(resource.toRows(body, context)).toMatchObject({ rejected: [], outsideWindow: 0 });
      expect(resource.toRows(body, context).rows).toHaveLength(
        sent[slug]?.(body as Record<string, unknown>) ?? -1,
      );
      fc.assert(
        fc.property(spoils, (list_) => {
          const broken = spoilt(body, list_);
          const outcome = resource.toRows(broken, context);
          if (outcome.unexpected === undefined) {
            const counted = outcome.rows.length + outcome.rejected.length + outcome.outsideWindow;
            expect(counted).toBe(sent[slug]?.(broken as Record<string, unknown>));
          } else expect(outcome.rows).toEqual([]);
          expect(() => JSON.stringify(outcome)).not.toThrow();
          for (const { reason } of outcome.rejected) expect(reason.length).toBeLessThanOrEqual(300);
        }),
        { numRuns: 1_000 },
      );
    });

    it("takes any JSON at all for what it is", () => {
      fc.assert(
        fc.property(fc.jsonValue({ maxDepth: 4 }), (body) => {
          expect(() => resource.toRows(body, context)).not.toThrow();
        }),
        { numRuns: 200 },
      );
    });
  },
);
