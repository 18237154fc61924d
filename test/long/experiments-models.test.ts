import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BuiltModels, run, variant } from "../integration/experiments-support/built-models.ts";

let models: BuiltModels;
beforeEach(async () => {
  models = await BuiltModels.open();
});
afterEach(() => models.close());

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

describe("exp_result_daily", () => {
  it("keeps of every experiment the days of the newest evaluation that told of it", async () => {
    const effect = (experiment_id: string, activity_date: string, n: number, period = "day") => ({
      ...{ experiment_id, metric: "m", metric_kind: "proportion", role: "primary", direction: "higher" },
      ...{ arm_id: "a", method: "score_z", status: "estimated", period, activity_date, n },
    });
    const days = ["2026-04-06", "2026-04-07"];
    await models.load("raw_experiment_daily", run(1), [
      ...days.map((day) => effect("grown", day, 1)),
      ...days.map((day) => effect("over", day, 2)),
      effect("begun_anew", days[0]!, 4),
    ]);
    await models.load("raw_experiment_daily", run(2), [
      effect("grown", days[0]!, 3, "week"),
      // What was told of it is taken back.
      { experiment_id: "begun_anew", inputs_hash: "none" },
    ]);
    await models.build();
    expect(await models.rows("exp_result_daily", "experiment_id, activity_date, period, n")).toEqual([
      { experiment_id: "grown", activity_date: days[0], period: "week", n: 3 },
      { experiment_id: "over", activity_date: days[0], period: "day", n: 2 },
      { experiment_id: "over", activity_date: days[1], period: "day", n: 2 },
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
