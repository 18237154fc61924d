import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BuiltModels, type Run, run } from "../integration/experiments-support/built-models.ts";

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
const variant = (campaign_id: string, activity_date: string, variation_id: string, more: object) => ({
  campaign_id,
  activity_date,
  channel: "email",
  variation_id,
  ...more,
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

describe("experiments of Braze", () => {
  it("finds tests by recipients of their own and counts a control by its enrolments", async () => {
    const arm = (date: string, id: string, more: object) =>
      variant("test", date, id, { variation_name: id, conversions_by_send_time: 2, revenue: "3", ...more });
    await models.load("raw_campaign_variant_daily", run(1), [
      arm("2026-04-01", "a", { unique_recipients: 50, sent: 50 }),
      arm("2026-04-02", "a", { unique_recipients: 30, sent: 30, data_state: "settling" }),
      arm("2026-04-01", "none", { unique_recipients: 0, enrolled: 40, is_control: true }),
      variant("plain", "2026-04-01", "mail", { sent: 9 }),
      variant("plain", "2026-04-01", "push", { sent: 9, channel: "ios_push" }),
    ]);
    await models.load("raw_campaign_variant", run(1), [
      { campaign_id: "test", variation_id: "never-sent", name: "C", channel: "email", is_control: false },
      { campaign_id: "plain", variation_id: "mail", name: "M", channel: "email", is_control: false },
      { campaign_id: "plain", variation_id: "push", name: "P", channel: "ios_push", is_control: false },
    ]);
    await models.build();
    const columns = "experiment_id, arm_id, is_control, n, x, unit_days, unclosed_days";
    const found = { experiment_id: "main__campaign__test", unit_days: 1, unclosed_days: 0 };
    expect(await models.rows("int_experiment_arm_metric", columns, "metric = 'conversion'")).toEqual([
      { ...found, arm_id: "a", is_control: false, n: 80, x: 4, unit_days: 2, unclosed_days: 1 },
      { ...found, arm_id: "never-sent", is_control: false, n: 0, x: null, unit_days: 0 },
      { ...found, arm_id: "none", is_control: true, n: 40, x: 2 },
    ]);
    expect(await models.rows("int_experiment_arm_metric", "metric", "arm_id = 'a'")).toEqual([
      { metric: "conversion" },
      { metric: "revenue" },
    ]);
  });

  it("takes a Canvas variant without a first step for its control, and knows none without details", async () => {
    const entry = (canvas_id: string, variation_id: string) => ({
      canvas_id,
      activity_date: "2026-04-01",
      variation_id,
      variation_name: variation_id,
      entries: 10,
      conversions_by_entry_time: 1,
    });
    await models.load("raw_canvas_variant_daily", run(1), [
      entry("known", "a"),
      entry("known", "b"),
      entry("unknown", "a"),
      entry("unknown", "b"),
      entry("single", "a"),
    ]);
    await models.load("raw_canvas_variant", run(1), [
      { canvas_id: "known", variation_id: "a", name: "A", first_step_ids: ["s1"] },
      { canvas_id: "known", variation_id: "b", name: "B", first_step_ids: [] },
    ]);
    await models.build();
    const columns = "experiment_id, arm_id, is_control, n, x";
    const arm = { n: 10, x: 1 };
    expect(await models.rows("int_experiment_arm_metric", columns, "metric = 'conversion'")).toEqual([
      { experiment_id: "main__canvas__known", arm_id: "a", is_control: false, ...arm },
      { experiment_id: "main__canvas__known", arm_id: "b", is_control: true, ...arm },
      { experiment_id: "main__canvas__unknown", arm_id: "a", is_control: null, ...arm },
      { experiment_id: "main__canvas__unknown", arm_id: "b", is_control: null, ...arm },
    ]);
    expect(await models.rows("dim_variant", "object_id, variation_id, control_basis", "is_control")).toEqual([
      { object_id: "known", variation_id: "b", control_basis: "no_first_step" },
    ]);
  });
});

describe("experiment steps of Canvases", () => {
  type Path = [name: string, next: string | null];
  const step = (step_id: string, next: string[], more: object = {}) => ({
    canvas_id: "k",
    step_id,
    name: step_id,
    step_type: "message",
    next_step_ids: next,
    payload: {},
    ...more,
  });
  const split = (paths: readonly Path[], step_type: string | null = "experiment_path") => ({
    step_type,
    payload: { next_paths: paths.map(([name, next_step_id]) => ({ name, next_step_id })) },
  });
  const stepDay = (step_id: string, activity_date: string, sent: number, conversions: number) => ({
    canvas_id: "k",
    activity_date,
    step_id,
    step_name: step_id,
    conversions_by_entry_time: conversions,
    revenue: "2.5",
    messages: [{ channel: "email", sent, delivered: sent - 1, opens: 3, clicks: 1 }],
  });

  it("have the paths as arms, with the totals of the steps that only one path leads to", async () => {
    const paths: Path[] = [
      ["Short", "a"],
      ["Long", "wait"],
      ["Nothing", null],
    ];
    await models.load("raw_canvas", run(1), [{ canvas_id: "k", name: "Welcome" }]);
    // Variant W comes to a2, to where the paths meet, and from there to a, without the test.
    await models.load("raw_canvas_variant", run(1), [
      { canvas_id: "k", variation_id: "v", name: "V", first_step_ids: ["test"] },
      { canvas_id: "k", variation_id: "w", name: "W", first_step_ids: ["a2"] },
    ]);
    await models.load("raw_canvas_step", run(1), [
      step("test", ["a", "wait"], split(paths)),
      step("a", ["a2"]),
      step("a2", ["join"]),
      step("wait", ["b"], { step_type: "delay" }),
      step("b", ["join"]),
      step("join", ["a"]),
    ]);
    await models.load("raw_canvas_step_daily", run(1), [
      stepDay("b", "2026-04-01", 20, 2),
      stepDay("b", "2026-04-02", 10, 1),
      ...["a", "a2", "join"].map((id) => stepDay(id, "2026-04-03", 99, 50)),
    ]);
    await models.build();
    const columns = "arm_id, path_name, sent, delivered, conversions, revenue, first_date, last_date";
    const nothing = {
      sent: null,
      delivered: null,
      conversions: null,
      revenue: null,
      first_date: null,
      last_date: null,
    };
    expect(await models.rows("int_canvas_step_arm", columns)).toEqual([
      { arm_id: "a", path_name: "Short", ...nothing },
      { arm_id: "path-3", path_name: "Nothing", ...nothing },
      {
        arm_id: "wait",
        path_name: "Long",
        sent: 30,
        delivered: 28,
        conversions: 3,
        revenue: "5",
        first_date: "2026-04-01",
        last_date: "2026-04-02",
      },
    ]);
    const own = {
      experiment_id: "main__canvas_step__test",
      experiment_name: "Welcome: test",
      unit: "path_entry",
      arm_id: "wait",
      is_control: null,
      n: null,
    };
    const shown = "experiment_id, experiment_name, unit, arm_id, is_control, n, x, value_sum";
    const where = "source = 'canvas_step' AND arm_id = 'wait'";
    expect(await models.rows("int_experiment_arm_metric", `metric, ${shown}`, where)).toEqual([
      { metric: "conversion", ...own, x: 3, value_sum: null },
      { metric: "revenue", ...own, x: null, value_sum: "5" },
    ]);
    expect(
      await models.rows("int_experiment_arm_activity", "arm_id, assigned, sent, opens", "sent IS NOT NULL"),
    ).toEqual([{ arm_id: "wait", assigned: null, sent: 30, opens: 6 }]);
  });

  it("are told from other splits by their type, and need two paths", async () => {
    const two: Path[] = [
      ["One", "x"],
      ["null", "x"],
    ];
    await models.load("raw_canvas_step", run(1), [
      step("spelled", ["x"], split(two, "Experiment Path")),
      step("decision", ["x"], split(two, "decision_split")),
      step("untold", ["x"], split(two, null)),
      step("single", ["x"], split(two.slice(1))),
      step("x", []),
    ]);
    await models.build();
    expect(await models.rows("int_canvas_step_arm", "step_id, arm_id, path_name")).toEqual([
      { step_id: "spelled", arm_id: "path-1", path_name: "One" },
      { step_id: "spelled", arm_id: "path-2", path_name: null },
    ]);
  });
});

describe("exp_result", () => {
  it("replaces an experiment's rows whole by its newest evaluation", async () => {
    const result = (arm_id: string, n: number) => ({
      experiment_id: "e",
      metric: "m",
      arm_id,
      method: "score_z",
      n,
    });
    await models.load("raw_experiment_result", run(1), [result("a", 1), result("b", 1)]);
    await models.load("raw_experiment_result", run(2), [result("a", 2)]);
    await models.build();
    expect(await models.rows("exp_result", "arm_id, n")).toEqual([{ arm_id: "a", n: 2 }]);
  });
});

describe("event stream", () => {
  let row = 0;
  const event = (event_time: string | null, user_id: string | null, more: object = {}) => ({
    event_time,
    user_id,
    event_type: "like",
    _row_number: ++row,
    _source_sha256: "f1",
    ...more,
  });
  const events = () => models.rows("stg_event_stream__event", "event_date, user_id");

  it("counts nothing twice, however often a file is run", async () => {
    const rows = [
      event("2026-04-01 23:59:59.5", "u1"),
      event("2026-04-01 10:00:00", "u1"),
      event("2026-04-03", "u2"),
    ];
    await models.load("raw_event_stream", run(1), rows);
    await models.load("raw_event_stream", run(2), rows);
    await models.build();
    expect(await models.rows("agg_event_type", "event_type, event_count, user_count")).toEqual([
      { event_type: "like", event_count: 3, user_count: 2 },
    ]);
    expect(
      await models.rows("agg_active_users_daily", "activity_date, dau, wau, mau, days_observed"),
    ).toEqual([
      { activity_date: "2026-04-01", dau: 1, wau: 1, mau: 1, days_observed: 1 },
      { activity_date: "2026-04-02", dau: 0, wau: 1, mau: 1, days_observed: 2 },
      { activity_date: "2026-04-03", dau: 1, wau: 2, mau: 2, days_observed: 3 },
    ]);
  });

  it("gives each day to the newest run that covers it, even when that run has nothing for it", async () => {
    const wide = run(1, ["2026-04-01", "2026-04-05"]);
    const narrow = run(2, ["2026-04-02", "2026-04-04"]);
    await models.load("raw_event_stream", wide, [
      event("2026-04-01 08:00:00", "old"),
      event("2026-04-02 08:00:00", "old"),
      event("2026-04-03 08:00:00", "old"),
    ]);
    await models.load("raw_event_stream", narrow, [event("2026-04-03 08:00:00", "new")]);
    await models.build();
    expect(await events()).toEqual([
      { event_date: "2026-04-01", user_id: "old" },
      { event_date: "2026-04-03", user_id: "new" },
    ]);
  });

  it("sets rows aside that do not cast or lie outside the window, until a newer run has them right", async () => {
    const window = run(1, ["2026-04-01", "2026-04-03"]);
    row = 0;
    await models.load("raw_event_stream", window, [
      event("yesterday", "u1"),
      event("infinity", "u1"),
      event("2026-04-01", "  "),
      event("2026-04-01", "u1", { miles_amount: "many" }),
      event("2026-04-09", "u1"),
      event(null, "u1"),
      event("2026-04-01", "u1", { miles_amount: "516.0" }),
    ]);
    await models.build();
    expect(await events()).toEqual([{ event_date: "2026-04-01", user_id: "u1" }]);
    const share = "run_id, row_count, rejected_rows, reasons";
    expect(await models.rows("int_file_run", share)).toEqual([
      {
        run_id: window._run_id,
        row_count: 7,
        rejected_rows: 6,
        reasons:
          "event_time missing, event_time not_a_timestamp, event_time outside_window, miles_amount not_a_number, user_id missing",
      },
    ]);
    expect(await models.rows("int_rejected_row", "row_number, column_name, value, reason")).toEqual([
      { row_number: 1, column_name: "event_time", value: "yesterday", reason: "not_a_timestamp" },
      { row_number: 2, column_name: "event_time", value: "infinity", reason: "not_a_timestamp" },
      { row_number: 3, column_name: "user_id", value: null, reason: "missing" },
      { row_number: 4, column_name: "miles_amount", value: "many", reason: "not_a_number" },
      { row_number: 5, column_name: "event_time", value: "2026-04-09", reason: "outside_window" },
      { row_number: 6, column_name: "event_time", value: null, reason: "missing" },
    ]);
    await models.load("raw_event_stream", { ...run(2, ["2026-04-01", "2026-04-03"]) }, [
      event("2026-04-01", "u9"),
    ]);
    await models.build();
    expect(await events()).toEqual([{ event_date: "2026-04-01", user_id: "u9" }]);
    expect(await models.rows("int_rejected_row", "row_number")).toEqual([]);
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
