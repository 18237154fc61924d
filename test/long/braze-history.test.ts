import { findResource } from "@lifecycle/braze";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BuiltModels, type Run, run } from "../integration/experiments-support/built-models.ts";

/** What metadata was, extraction by extraction, made of answers as Braze gives them. */
let models: BuiltModels;
beforeEach(async () => {
  models = await BuiltModels.open();
});
afterEach(() => models.close());

type Json = Record<string, unknown>;

/** Lands what a resource makes of an answer. */
async function land(slug: string, of: Run, body: unknown, objectId?: string): Promise<void> {
  const { rows, rejected } = findResource(slug)!.toRows(body, { objectId, today: "2026-05-20" });
  expect(rejected).toEqual([]);
  for (const [table, group] of Map.groupBy(rows, ({ target }) => target))
    await models.load(
      table,
      { ...of, _run_id: `${of._run_id}${slug}${objectId ?? ""}` },
      group.map(({ row }) => row),
    );
}

const campaign = (fields: Json = {}) => ({
  name: "Winter",
  created_at: "2026-01-10T08:00:00+00:00",
  archived: false,
  draft: false,
  enabled: true,
  schedule_type: "time_based",
  channels: ["email"],
  tags: ["q1"],
  first_sent: "2026-02-01T09:00:00+00:00",
  conversion_behaviors: [{ type: "Clicks Email", window: 259_200 }],
  messages: { v1: { channel: "email", name: "Variant 1", subject: "Hi" } },
  ...fields,
});
const list = (...ids: string[]) => ({ campaigns: ids.map((id) => ({ id, name: id, tags: [] })) });
const at = (pass: number) => `2026-05-${String(pass).padStart(2, "0")}T06:00:00Z`;
const day = (instant: unknown) => String(instant).slice(0, 10);

async function history(where = "true"): Promise<Json[]> {
  const rows = await models.rows(
    "dim_campaign",
    "campaign_id, version, campaign_name, state, effective_from, effective_to, is_current",
    where,
  );
  return rows.map(({ effective_from, effective_to, ...row }) => ({
    ...row,
    from: day(effective_from),
    to: day(effective_to),
  }));
}

describe("a campaign", () => {
  it("has one version for as long as nothing but its sends changes", async () => {
    for (const pass of [1, 2, 3]) {
      await land("campaigns-list", run(pass), list("c"));
      const details = campaign({ last_sent: at(pass), updated_at: at(pass) });
      await land("campaigns-details", run(pass), details, "c");
    }
    await models.build();
    expect(await history()).toEqual([
      {
        campaign_id: "c",
        version: 1,
        campaign_name: "Winter",
        state: "active",
        from: "2026-01-10",
        to: "9999-12-31",
        is_current: true,
      },
    ]);
    const [row] = await models.rows("dim_campaign", "last_sent");
    expect(day(row?.last_sent)).toBe("2026-05-03");
  });

  it("begins a version when it is edited, stopped, archived, and a last one when it is deleted", async () => {
    const states = [
      campaign(),
      campaign({ name: "Winter 2" }),
      campaign({ name: "Winter 2", enabled: false }),
      campaign({ name: "Winter 2", enabled: false, archived: true }),
    ];
    for (const [i, details] of states.entries()) {
      await land("campaigns-list", run(i + 1), list("c", "d"));
      await land("campaigns-details", run(i + 1), details, "c");
    }
    await land("campaigns-list", run(5), list("d"));
    await land("campaigns-list", run(6), list("d"));
    await models.build();
    expect(
      (await history("campaign_id = 'c'")).map(({ version, state, from, to, is_current }) => [
        version,
        state,
        from,
        to,
        is_current,
      ]),
    ).toEqual([
      [1, "active", "2026-01-10", "2026-05-02", false],
      [2, "active", "2026-05-02", "2026-05-03", false],
      [3, "stopped", "2026-05-03", "2026-05-04", false],
      [4, "archived", "2026-05-04", "2026-05-05", false],
      [5, "deleted", "2026-05-05", "9999-12-31", true],
    ]);
  });

  it("whose details were never had is known by its name, and its deletion is not invented", async () => {
    await land("campaigns-list", run(1), list("c"));
    await models.build();
    expect(await history()).toEqual([
      {
        campaign_id: "c",
        version: 0,
        campaign_name: "c",
        state: "unknown",
        from: "1970-01-01",
        to: "9999-12-31",
        is_current: true,
      },
    ]);
  });

  it("is told from another of the same version in another workspace", async () => {
    await land("campaigns-details", run(1), campaign(), "c");
    const { rows } = findResource("campaigns-details")!.toRows(campaign({ name: "Other" }), {
      objectId: "c",
      today: "2026-05-20",
    });
    await models.load("raw_campaign", run(2, "all", "o"), [{ ...rows[0]?.row, workspace: "other" }]);
    await models.build();
    expect(await models.rows("dim_campaign", "workspace, campaign_name, version, is_current")).toEqual([
      { workspace: "main", campaign_name: "Winter", version: 1, is_current: true },
      { workspace: "other", campaign_name: "Other", version: 1, is_current: true },
    ]);
  });
});

describe("a variant", () => {
  it("gives each number what it was on that day", async () => {
    const message = (subject: string) => ({
      messages: { v1: { channel: "email", name: `V ${subject}`, subject } },
    });
    await land("campaigns-details", run(1), campaign(message("Hi")), "c");
    await land("campaigns-details", run(3), campaign(message("Hello")), "c");
    await land("campaigns-details", run(5), campaign({ messages: {} }), "c");
    const days = [1, 2, 3, 4, 5].map((n) => ({
      campaign_id: "c",
      activity_date: `2026-05-0${n}`,
      channel: "email",
      variation_id: "v1",
      sent: n,
    }));
    await models.load("raw_campaign_variant_daily", run(6), days);
    await models.build();
    const build = models.warehouse.datasets.build;
    const answer = await models.warehouse.query(
      `select d.sent, v.variation_name, v.state from ${build}.stg_braze__campaign_variant_daily as d
       join ${build}.dim_variant_history as v on v.workspace = d.workspace and v.object_id = d.campaign_id
         and v.variation_id = d.variation_id and d.activity_date >= date(v.effective_from)
         and d.activity_date < date(v.effective_to)
       order by d.sent`,
    );
    expect(answer.rows).toEqual([
      [1, "V Hi", "active"],
      [2, "V Hi", "active"],
      [3, "V Hello", "active"],
      [4, "V Hello", "active"],
      [5, "V Hello", "deleted"],
    ]);
  });
});

describe("a Canvas", () => {
  const canvas = (fields: Json) => ({
    name: "Welcome",
    created_at: "2026-01-10T08:00:00+00:00",
    enabled: true,
    ...fields,
  });
  const step = (id: string, name: string) => ({
    id,
    name,
    type: "message",
    next_step_ids: [],
    channels: ["email"],
  });

  it("has steps that come, change and go, and keep their numbers", async () => {
    await land("canvas-details", run(1), canvas({ steps: [step("a", "One"), step("b", "Two")] }), "k");
    await land("canvas-details", run(2), canvas({ steps: [step("a", "First")] }), "k");
    await models.load("raw_canvas_step_daily", run(3), [
      {
        canvas_id: "k",
        activity_date: "2026-05-02",
        step_id: "b",
        step_name: "Two",
        conversions: 1,
        messages: [
          { channel: "email", sent: 3, opens: 2, machine_open: 1, delivered: 3 },
          { channel: "ios_push", sent: 4, total_opens: 2, body_clicks: 1 },
        ],
      },
    ]);
    await models.build();
    const steps = await models.rows("dim_canvas_step", "step_id, version, step_name, state, is_current");
    expect(steps).toEqual([
      { step_id: "a", version: 1, step_name: "One", state: "active", is_current: false },
      { step_id: "a", version: 2, step_name: "First", state: "active", is_current: true },
      { step_id: "b", version: 1, step_name: "Two", state: "active", is_current: false },
      { step_id: "b", version: 2, step_name: "Two", state: "deleted", is_current: true },
    ]);
    expect(
      await models.rows(
        "agg_canvas_step_daily",
        "step_id, step_name, is_deleted, channels, sent, opens, clicks, delivered, machine_opens, bounces",
      ),
    ).toEqual([
      {
        ...{
          step_id: "b",
          step_name: "Two",
          is_deleted: true,
          channels: "email,ios_push",
          sent: 7,
          opens: 4,
        },
        ...{ clicks: 1, delivered: 3, machine_opens: 1, bounces: null },
      },
    ]);
  });
});

it("an address that unsubscribes again counts once, on its latest day", async () => {
  const unsubscribe = (email: string, unsubscribed_at: string) => ({ email, unsubscribed_at });
  await models.load("raw_email_unsubscribe", run(1), [
    unsubscribe("h1", "2026-05-01T10:00:00Z"),
    unsubscribe("h2", "2026-05-01T11:00:00Z"),
  ]);
  await models.load("raw_email_unsubscribe", run(2), [
    unsubscribe("h1", "2026-05-02T10:00:00Z"),
    unsubscribe("h2", "2026-05-01T11:00:00Z"),
  ]);
  await models.build();
  expect(await models.rows("agg_contact_daily", "contact_list, added_date, contacts")).toEqual([
    { contact_list: "unsubscribe", added_date: "2026-05-01", contacts: 1 },
    { contact_list: "unsubscribe", added_date: "2026-05-02", contacts: 1 },
  ]);
});

it("an export counts the users of its newest extraction, each once", async () => {
  const user = (braze_id: string) => ({
    exported_from: "segment",
    segment_id: "s",
    braze_id,
    email_subscribe: "opted_in",
    is_uninstalled: false,
  });
  await models.load("raw_user_export", run(1), [user("a"), user("b"), user("gone")]);
  await models.load("raw_user_export", run(2), [user("a"), user("b"), user("b"), user("new")]);
  await models.build();
  expect(await models.rows("agg_exported_audience", "segment_id, users, email_reachable_users")).toEqual([
    { segment_id: "s", users: 3, email_reachable_users: 3 },
  ]);
});
