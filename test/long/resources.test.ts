import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brazeCatalogue } from "@lifecycle/braze";
import { addDays } from "@lifecycle/contracts";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Installation, install, PROJECT } from "../e2e/support/installation.ts";
import { acceptedCalls } from "../e2e/support/sandbox-log.ts";

/** Every resource of the catalogue through the real processes: each published number is what the sandbox planted. */
const NOW = "2026-06-30T12:00:00Z";
const DAYS = 16;
const TO = "2026-06-30";
const FROM = addDays(TO, 1 - DAYS);

type Row = Record<string, unknown>;
interface Day extends Row {
  date: string;
  revenue_minor: number;
  variants: Row[];
  steps: (Row & { stats: Row | null })[];
}
interface Truth {
  apps: { app_id: string }[];
  segments: { segment_id: string; sizes: number[] }[];
  sends: { campaign_id: string; send_id: string; days: Day[] }[];
  kpis: Record<string, Row[]>;
  events: { name: string; counts: number[] }[];
  purchases: { name: string; quantities: number[]; revenue_minor: number[] }[];
  contacts: Record<string, { date: string; count: number }[]>;
  global_control_group: { size: number };
  campaigns: { campaign_id: string; name: string; archived: boolean; deleted: boolean; days: Day[] }[];
  canvases: { canvas_id: string; name: string; days: Day[] }[];
}

/** What is also read of one app. By the hour that would be a call per object and four days more, and no other code. */
const NARROWED = brazeCatalogue
  .filter(({ narrows, window }) => narrows?.includes("app") && window?.as !== "hours")
  .map(({ slug }) => slug);

let at: Installation;
let folder: string;
let url: string;
let truth: Truth;
let segment: string;
let planned: typeof output;
let output: { code: number; stdout: string; stderr: string };
let calls: number;

const ask = async (path: string) => (await fetch(`${url}/${path}`)).json() as Promise<never>;
const truthOf = (more: string) => ask(`__sandbox/truth?from=${FROM}&to=${TO}${more}`) as Promise<Truth>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "lifecycle-resources-"));
  at = await install(inject("redisUrl"), {
    LIFECYCLE_NOW: NOW,
    LIFECYCLE_CONFIG: join(folder, "settings.yaml"),
    LIFECYCLE__PIPELINES__PATH: join(folder, "pipelines"),
  });
  ({ url } = await at.sandbox(
    ...["--now", NOW, "--time-zone", "UTC", "--campaigns", "8", "--canvases", "3", "--days", "40"],
    ...["--users", "40000", "--segments", "6", "--export-delay-ms", "200"],
    ...["--limits", "names_and_products=400000/h"],
  ));
  truth = await truthOf("&only=all");
  const listed = (await (
    await fetch(`${url}/segments/list`, { headers: { authorization: "Bearer sandbox-key" } })
  ).json()) as { segments: { id: string; analytics_tracking_enabled: boolean }[] };
  segment = listed.segments.find(({ analytics_tracking_enabled }) => analytics_tracking_enabled)!.id;
  await configure();
  planned = await at.cli("plan", "braze", "--from", FROM, "--to", TO);
  await fetch(`${url}/__sandbox/stats/reset`, { method: "POST" });
  output = await at.cli("start");
  calls = await acceptedCalls(url);
});

afterAll(async () => {
  await at.close();
  await rm(folder, { recursive: true });
});

async function configure(): Promise<void> {
  await cp(join(PROJECT, "config/pipelines"), join(folder, "pipelines"), { recursive: true });
  const pipeline = {
    name: "braze",
    kind: "braze",
    resources: brazeCatalogue.map(({ slug }) => slug),
    window_days: DAYS,
  };
  // JSON is YAML.
  await writeFile(join(folder, "pipelines/braze.yaml"), JSON.stringify(pipeline));
  const braze = {
    buckets: { names_and_products: { limit: 400_000, window_seconds: 3_600 } },
    slices: [
      { name: "app", app_id: truth.apps[0]?.app_id, resources: NARROWED },
      { name: "seg", segment_id: segment, resources: ["sessions-data-series"] },
    ],
    sends: truth.sends.slice(0, 4).map(({ campaign_id, send_id }) => ({ campaign_id, send_id })),
    exports: { segments: [segment] },
  };
  const settings = {
    workspaces: { main: { time_zone: "UTC", braze } },
    run: { window_days: DAYS },
    http: { connections: 16 },
  };
  await writeFile(join(folder, "settings.yaml"), JSON.stringify(settings));
}

/** Rows as sorted lines of the named columns; money in cents. */
const lines = (rows: readonly Row[], columns: readonly string[]): string[] =>
  rows.map((row) => columns.map((name) => `${name}=${row[name] ?? null}`).join(" ")).toSorted();
const dates = Array.from({ length: DAYS }, (_, i) => addDays(FROM, i));

/** All products as one, which Braze gives in a call of its own. */
const together = (list: Truth["purchases"]): Truth["purchases"][number] => ({
  name: "all",
  quantities: dates.map((_, i) => list.reduce((sum, { quantities }) => sum + quantities[i]!, 0)),
  revenue_minor: dates.map((_, i) => list.reduce((sum, { revenue_minor }) => sum + revenue_minor[i]!, 0)),
});

/** One line per object and day. */
const byDay = <T extends { name: string }>(metric: string, list: readonly T[], field: keyof T): Row[] =>
  list.flatMap((each) =>
    (each[field] as number[]).map((value, i) => ({ metric, subject: each.name, date: dates[i], value })),
  );

it("ends complete", () => {
  expect(output.stderr).toBe("");
  expect(output.stdout).toMatch(/complete: [\d,]+ parts landed/);
  expect(output.code).toBe(0);
});

it("takes the calls that its quote said, all of them landed and none refused", async () => {
  expect(planned.stderr).toBe("");
  const quoted = Number(/([\d,]+) calls, about/.exec(planned.stdout)?.[1]?.replaceAll(",", ""));
  expect(quoted).toBe(calls);
  const [quota] = await at.query(
    "select sum(calls)::integer as calls, sum(refused_calls)::integer as refused from ops_api_quota",
  );
  expect(quota).toEqual({ calls, refused: 0 });
});

it("reads every resource there is", async () => {
  const [runId] = await at.ledger.listRunIds();
  const loaded = await at.ledger.listLoaded(runId!);
  const slices = [...NARROWED.map((slug) => `${slug}-app`), "sessions-data-series-seg"];
  expect([...loaded].toSorted()).toEqual([...brazeCatalogue.map(({ slug }) => slug), ...slices].toSorted());
});

describe("published numbers", () => {
  it("of Canvas variants and steps", async () => {
    const columns = [
      "canvas_id",
      "date",
      "id",
      "entries",
      "conversions",
      "conversions_by_entry_time",
      "revenue_minor",
    ];
    const variants =
      await at.query(`select canvas_id, activity_date::varchar as date, variation_id as id, entries, conversions,
      conversions_by_entry_time, cast(revenue * 100 as bigint) as revenue_minor from agg_canvas_variant_daily`);
    const planted = truth.canvases.flatMap(({ canvas_id, days }) =>
      days.flatMap((day) =>
        day.variants.map((variant) => ({ canvas_id, date: day.date, id: variant.variation_id, ...variant })),
      ),
    );
    expect(lines(variants, columns)).toEqual(lines(planted, columns));
    expect(variants.length).toBeGreaterThan(0);
    const steps =
      await at.query(`select canvas_id, activity_date::varchar as date, step_id as id, sent, conversions,
      conversions_by_entry_time, is_deleted, cast(revenue * 100 as bigint) as revenue_minor from agg_canvas_step_daily`);
    const plantedSteps = truth.canvases.flatMap(({ canvas_id, days }) =>
      days.flatMap((day) =>
        day.steps.map((step) => ({
          canvas_id,
          date: day.date,
          id: step.step_id,
          ...step,
          sent: step.stats?.sent ?? null,
        })),
      ),
    );
    const of = [
      "canvas_id",
      "date",
      "id",
      "sent",
      "conversions",
      "conversions_by_entry_time",
      "revenue_minor",
      "is_deleted",
    ];
    expect(lines(steps, of)).toEqual(lines(plantedSteps, of));
  });

  it("of Braze's own Canvas sums, equal to those of the series", async () => {
    const rows = await at.query("select * from agg_canvas_summary where part = 'total'");
    expect(rows.length).toBeGreaterThanOrEqual(truth.canvases.length);
    for (const row of rows)
      expect([row.entries, row.conversions, Number(row.revenue)]).toEqual([
        row.series_entries,
        row.series_conversions,
        Number(row.series_revenue),
      ]);
  });

  it("of KPIs and sessions, together and of an app", async () => {
    const columns = ["app_id", "date", "new_users", "dau", "mau", "uninstalls", "sessions"];
    const rows = await at.query(
      `select app_id, activity_date::varchar as date, new_users, dau, mau, uninstalls, sessions from agg_kpi_daily`,
    );
    const app = truth.apps[0]!.app_id;
    const planted = ["all", app].flatMap((app_id) => truth.kpis[app_id]!.map((day) => ({ app_id, ...day })));
    expect(lines(rows, columns)).toEqual(lines(planted, columns));
  });

  it("of events and purchases, together and of an app", async () => {
    const app = truth.apps[0]!.app_id;
    const ofApp = await truthOf(`&only=events,purchases&app_id=${app}`);
    const events = await at.query(
      `select event_name, app_id, activity_date::varchar as date, event_count from agg_custom_event_daily`,
    );
    const plantedEvents = [["all", truth.events] as const, [app, ofApp.events] as const].flatMap(
      ([app_id, list]) =>
        list.flatMap(({ name, counts }) =>
          counts.map((event_count, i) => ({ event_name: name, app_id, date: dates[i], event_count })),
        ),
    );
    const happened = (rows: Row[], name: string) => rows.filter((row) => Number(row[name]) > 0);
    const of = ["event_name", "app_id", "date", "event_count"];
    expect(lines(happened(events, "event_count"), of)).toEqual(
      lines(happened(plantedEvents, "event_count"), of),
    );
    const bought = await at.query(`select product_name, app_id, activity_date::varchar as date, quantity,
      cast(revenue * 100 as bigint) as revenue_minor from agg_purchase_daily`);
    const plantedPurchases = [["all", truth.purchases] as const, [app, ofApp.purchases] as const].flatMap(
      ([app_id, list]) =>
        [...list, together(list)].flatMap(({ name, quantities, revenue_minor }) =>
          quantities.map((quantity, i) => ({
            product_name: name,
            app_id,
            date: dates[i],
            quantity,
            revenue_minor: revenue_minor[i],
          })),
        ),
    );
    const what = ["product_name", "app_id", "date", "quantity", "revenue_minor"];
    expect(lines(happened(bought, "quantity"), what)).toEqual(
      lines(happened(plantedPurchases, "quantity"), what),
    );
  });

  it("by the hour, adding up to the days", async () => {
    const rows = await at.query(`select metric, subject, activity_date::varchar as date,
      cast(sum(if(metric = 'purchase_revenue', value * 100, value)) as bigint) as value
      from agg_activity_hourly where app_id = 'all' and segment_id = 'all' group by all having sum(value) > 0`);
    const bought = [...truth.purchases, together(truth.purchases)];
    const planted = [
      ...truth.kpis.all!.map(({ date, sessions }) => ({
        metric: "sessions",
        subject: "all",
        date,
        value: sessions,
      })),
      ...byDay("events", truth.events, "counts"),
      ...byDay("purchase_quantity", bought, "quantities"),
      ...byDay("purchase_revenue", bought, "revenue_minor"),
    ];
    const columns = ["metric", "subject", "date", "value"];
    expect(lines(rows, columns)).toEqual(
      lines(
        planted.filter(({ value }) => Number(value) > 0),
        columns,
      ),
    );
    for (const metric of ["sessions", "events", "purchase_quantity", "purchase_revenue"])
      expect(rows.filter((row) => row.metric === metric).length, metric).toBeGreaterThan(DAYS - 1);
  });

  it("of segments and of their exported users", async () => {
    const rows = await at.query(
      "select segment_id, activity_date::varchar as date, estimated_size from agg_segment_daily",
    );
    const tracked = new Set(rows.map(({ segment_id }) => segment_id));
    const planted = truth.segments
      .filter(({ segment_id }) => tracked.has(segment_id))
      .flatMap(({ segment_id, sizes }) =>
        sizes.map((estimated_size, i) => ({ segment_id, date: dates[i], estimated_size })),
      );
    const columns = ["segment_id", "date", "estimated_size"];
    expect(lines(rows, columns)).toEqual(lines(planted, columns));
    const exported = await at.query(
      "select exported_from, segment_id, users::integer as users from agg_exported_audience",
    );
    const size = truth.segments.find(({ segment_id }) => segment_id === segment)?.sizes.at(-1);
    expect(lines(exported, ["exported_from", "segment_id", "users"])).toEqual(
      lines(
        [
          { exported_from: "segment", segment_id: segment, users: size },
          {
            exported_from: "global_control_group",
            segment_id: "all",
            users: truth.global_control_group.size,
          },
        ],
        ["exported_from", "segment_id", "users"],
      ),
    );
  });

  it("of the global control group, beside the segment as an experiment that waits for its days", async () => {
    const id = "main__global_control_group";
    const size = truth.segments.find(({ segment_id }) => segment_id === segment)?.sizes.at(-1);
    const [assigned] = await at.query(
      `select count(*)::integer as people, max(arms_seen)::integer as arms from exp_assignment where experiment_id = '${id}'`,
    );
    expect(assigned).toEqual({ people: size, arms: 1 });
    expect(
      await at.query(
        `select decision, reason, problems from exp_verdict_history where is_newest and experiment_id = '${id}'`,
      ),
    ).toEqual([{ decision: "keep_running", reason: "maturing", problems: null }]);
    expect((await at.cli("experiments", "show", id)).stdout).toContain("revenue_28d");
  });

  it("of bounces, unsubscribes and invalid numbers", async () => {
    const rows = await at.query(
      "select contact_list, added_date::varchar as date, contacts from agg_contact_daily",
    );
    const planted = Object.entries({
      hard_bounce: truth.contacts.hard_bounces!,
      unsubscribe: truth.contacts.unsubscribes!,
      invalid_phone: truth.contacts.invalid_phones!,
    }).flatMap(([contact_list, list]) =>
      list
        .filter(({ count }) => count > 0)
        .map(({ date, count }) => ({ contact_list, date, contacts: count })),
    );
    const columns = ["contact_list", "date", "contacts"];
    expect(lines(rows, columns)).toEqual(lines(planted, columns));
  });

  it("of sends", async () => {
    const rows = await at.query(`select campaign_id, send_id, activity_date::varchar as date, conversions,
      cast(revenue * 100 as bigint) as revenue_minor from agg_send_daily`);
    const columns = ["campaign_id", "send_id", "date", "conversions", "revenue_minor"];
    const planted = truth.sends
      .slice(0, 4)
      .flatMap(({ campaign_id, send_id, days }) => days.map((day) => ({ campaign_id, send_id, ...day })));
    const got = new Set(lines(rows, columns));
    expect(planted.length).toBeGreaterThan(0);
    for (const line of lines(planted, columns)) expect(got).toContain(line);
  });

  it("of metadata, with its history begun", async () => {
    const campaigns = await at.query("select * from dim_campaign where is_current");
    expect(new Set(campaigns.map(({ campaign_id }) => campaign_id))).toEqual(
      new Set(truth.campaigns.map(({ campaign_id }) => campaign_id)),
    );
    for (const { campaign_id, archived } of truth.campaigns)
      expect(campaigns.find((row) => row.campaign_id === campaign_id)?.state === "archived").toBe(archived);
    expect(await at.query("select * from dim_canvas where is_current")).toHaveLength(truth.canvases.length);
    for (const table of [
      "dim_canvas_step",
      "dim_variant_history",
      "dim_custom_event",
      "dim_custom_attribute",
      "dim_segment",
    ])
      expect((await at.query(`select count(*)::integer as n from ${table}`))[0]?.n, table).toBeGreaterThan(0);
    expect((await at.query("select * from dim_scheduled_broadcast")).length).toBeGreaterThan(0);
  });
});
