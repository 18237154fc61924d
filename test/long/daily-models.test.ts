import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BuiltModels, type Run, run, variant } from "../integration/experiments-support/built-models.ts";

let models: BuiltModels;
beforeEach(async () => {
  models = await BuiltModels.open();
});
afterEach(() => models.close());

const MAY = ["2026-04-01", "2026-05-01"] as [string, string];
const day = (campaign_id: string, activity_date: string, conversions: number) => ({
  campaign_id,
  activity_date,
  unique_recipients: 10 * conversions,
  conversions,
  conversions_by_send_time: conversions,
  revenue: "1.50",
});

describe("agg_campaign_daily", () => {
  it("takes the newest extraction of each day, and a day's variants as a set", async () => {
    const [first, second] = [run(1, MAY), run(2, MAY)];
    await models.load("raw_campaign_daily", first, [day("x", "2026-04-01", 1), day("x", "2026-04-02", 2)]);
    await models.load("raw_campaign_variant_daily", first, [
      variant("x", "2026-04-01", "a", { sent: 5 }),
      variant("x", "2026-04-01", "b", { sent: 7 }),
      variant("x", "2026-04-02", "a", { sent: 9 }),
    ]);
    await models.load("raw_campaign_daily", second, [day("x", "2026-04-01", 3)]);
    await models.load("raw_campaign_variant_daily", second, [variant("x", "2026-04-01", "a", { sent: 6 })]);
    await models.build();
    expect(
      await models.rows("agg_campaign_daily", "activity_date, sent, conversions, revenue, _pass"),
    ).toEqual([
      { activity_date: "2026-04-01", sent: 6, conversions: 3, revenue: "1.5", _pass: 2 },
      { activity_date: "2026-04-02", sent: 9, conversions: 2, revenue: "1.5", _pass: 1 },
    ]);
  });

  it("does not care in which order runs were loaded", async () => {
    await models.load("raw_campaign_daily", run(2, MAY), [day("x", "2026-04-01", 3)]);
    await models.load("raw_campaign_daily", run(1, MAY), [day("x", "2026-04-01", 1)]);
    await models.build();
    expect(await models.rows("agg_campaign_daily", "conversions")).toEqual([{ conversions: 3 }]);
  });

  it("keeps what a run over other campaigns did not read", async () => {
    await models.load("raw_campaign_daily", run(1, MAY), [
      day("x", "2026-04-01", 1),
      day("y", "2026-04-01", 2),
    ]);
    await models.load("raw_campaign_daily", run(2, MAY), [day("y", "2026-04-01", 5)]);
    await models.build();
    expect(await models.rows("agg_campaign_daily", "campaign_id, conversions")).toEqual([
      { campaign_id: "x", conversions: 1 },
      { campaign_id: "y", conversions: 5 },
    ]);
  });

  it("does not mix workspaces", async () => {
    await models.load("raw_campaign_daily", run(1, MAY), [day("x", "2026-04-01", 1)]);
    const other = { ...run(2, MAY, "other"), workspace: "uk" };
    await models.load("raw_campaign_daily", other, [day("x", "2026-04-01", 7)]);
    await models.build();
    expect(await models.rows("agg_campaign_daily", "workspace, conversions")).toEqual([
      { workspace: "main", conversions: 1 },
      { workspace: "uk", conversions: 7 },
    ]);
  });

  it("shows a campaign without metadata, a name without details, and counters nobody reports as null", async () => {
    await models.load("raw_campaign", run(1), [{ campaign_id: "x", name: "Spring", tags: ["a"] }]);
    await models.load("raw_campaign_daily", run(1), [
      day("x", "2026-04-01", 1),
      day("gone", "2026-04-01", 2),
    ]);
    await models.load("raw_campaign_variant_daily", run(1), [
      variant("x", "2026-04-01", "a", { channel: "trigger_in_app_message", clicks: 3 }),
      variant("x", "2026-04-01", "b", { channel: "email", clicks: 4, sent: 8 }),
      variant("gone", "2026-04-01", "c", { channel: "trigger_in_app_message", clicks: 3 }),
    ]);
    await models.build();
    const columns = "campaign_name, channels, clicks, sent";
    expect(await models.rows("agg_campaign_daily", columns)).toEqual([
      { campaign_name: null, channels: "trigger_in_app_message", clicks: 3, sent: null },
      { campaign_name: "Spring", channels: "email,trigger_in_app_message", clicks: 7, sent: 8 },
    ]);
  });

  it("says 0 where nobody received anything, and null where somebody did and no channel told how", async () => {
    await models.load("raw_campaign_daily", run(1), [
      { ...day("draft", "2026-04-01", 0), unique_recipients: 0 },
      { ...day("lost", "2026-04-01", 1), unique_recipients: 10 },
    ]);
    await models.build();
    expect(await models.rows("agg_campaign_daily", "campaign_id, sent, clicks, enrolled")).toEqual([
      { campaign_id: "draft", sent: 0, clicks: 0, enrolled: null },
      { campaign_id: "lost", sent: null, clicks: null, enrolled: null },
    ]);
  });

  it("puts list and details together, each as new as it is", async () => {
    const list = (name: string) => ({ campaign_id: "x", name, is_api_campaign: true, payload: null });
    const details = (name: string) => ({
      campaign_id: "x",
      name,
      schedule_type: "action_based",
      payload: { a: 1 },
    });
    const later = (of: Run) => ({
      ...of,
      _run_id: `${of._run_id}-details`,
      _extracted_at: `${of._extracted_at.slice(0, 14)}59:00.000Z`,
    });
    const columns = "campaign_name, is_api_campaign, schedule_type, is_listed, has_details";
    const known = {
      is_api_campaign: true,
      schedule_type: "action_based",
      is_listed: true,
      has_details: true,
    };
    await models.load("raw_campaign", run(1), [list("Spring")]);
    await models.load("raw_campaign", later(run(1)), [
      details("Spring, renamed"),
      { ...details("Deleted"), campaign_id: "z" },
    ]);
    await models.build();
    const deleted = { campaign_name: "Deleted", is_api_campaign: null, is_listed: false };
    expect(await models.rows("stg_braze__campaign", columns)).toEqual([
      { ...known, ...deleted },
      { ...known, campaign_name: "Spring, renamed" },
    ]);
    await models.load("raw_campaign", run(2), [list("Summer")]);
    await models.build();
    expect(await models.rows("stg_braze__campaign", columns, "is_listed")).toEqual([
      { ...known, campaign_name: "Summer" },
    ]);
  });
});

describe("agg_canvas_daily", () => {
  it("takes the newest extraction and lives without metadata", async () => {
    const canvasDay = (entries: number) => ({
      canvas_id: "k",
      activity_date: "2026-04-01",
      entries,
      revenue: "2",
    });
    await models.load("raw_canvas_daily", run(1), [canvasDay(4)]);
    await models.load("raw_canvas_daily", run(2), [canvasDay(6)]);
    await models.build();
    expect(await models.rows("agg_canvas_daily", "canvas_name, entries, revenue")).toEqual([
      { canvas_name: null, entries: 6, revenue: "2" },
    ]);
  });
});

describe("operations", () => {
  it("tells how runs ended and what they lack now, not what they once lacked", async () => {
    const ledgerRun = (run_id: string, status: string) => ({
      run_id,
      pipeline: "braze",
      trigger: "cli",
      requested_by: "ada",
      requested_at: "2026-05-01T00:00:00.000Z",
      status,
      settled_at: status === "running" ? null : "2026-05-01T00:01:30.000Z",
    });
    const letter = (run_id: string, work: string, object_name: string) => ({
      run_id,
      work,
      object_name,
      code: "braze.server_error",
    });
    await models.load("raw_run", run(1), [ledgerRun("r1", "partial")]);
    await models.load("raw_dead_letter", run(1), [
      letter("r1", "part:x", "Spring"),
      letter("r1", "part:y", "Autumn"),
    ]);
    await models.load("raw_run", run(2), [ledgerRun("r1", "partial"), ledgerRun("r2", "running")]);
    await models.load("raw_dead_letter", run(2), [letter("r1", "part:x", "Spring")]);
    await models.build();
    expect(
      await models.rows("ops_run", "run_id, status, duration_seconds, missing_work, missing_names"),
    ).toEqual([
      { run_id: "r1", status: "partial", duration_seconds: 90, missing_work: 1, missing_names: "Spring" },
      { run_id: "r2", status: "running", duration_seconds: null, missing_work: 0, missing_names: null },
    ]);
    expect(await models.rows("ops_audit", "run_id, requested_by")).toEqual([
      { run_id: "r1", requested_by: "ada" },
      { run_id: "r2", requested_by: "ada" },
    ]);
  });

  it("says how far a table reaches and how much of it can still change", async () => {
    await models.load("raw_campaign_daily", run(1), [
      day("x", "2026-04-01", 1),
      { ...day("x", "2026-04-02", 1), data_state: "settling" },
      { ...day("y", "2026-04-02", 1), data_state: "settling" },
      { ...day("x", "2026-04-03", 1), data_state: "open" },
    ]);
    await models.load("raw_load", run(1), [
      {
        load_id: "l",
        table_name: "raw_campaign_daily",
        pipeline: "braze",
        loaded_at: "2026-05-01T07:00:00.000Z",
      },
    ]);
    await models.build();
    const columns =
      "table_name, row_count, newest_date, days_open, days_settling, days_closed, last_extracted_at, last_loaded_at";
    expect(await models.rows("ops_freshness", columns)).toEqual([
      {
        table_name: "agg_campaign_daily",
        row_count: 4,
        newest_date: "2026-04-03",
        days_open: 1,
        days_settling: 1,
        days_closed: 1,
        last_extracted_at: "2026-05-01T06:00:00.000Z",
        last_loaded_at: "2026-05-01T07:00:00.000Z",
      },
    ]);
  });
});
