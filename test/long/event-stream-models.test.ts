import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { BuiltModels, run } from "../integration/experiments-support/built-models.ts";

let models: BuiltModels;
beforeEach(async () => {
  models = await BuiltModels.open();
});
afterEach(() => models.close());

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
