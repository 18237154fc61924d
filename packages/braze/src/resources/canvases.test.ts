import { describe, expect, it } from "vitest";
import { canvasDataSeries } from "./canvas-data-series.ts";
import { canvasDetails } from "./canvas-details.ts";
import { canvasList } from "./canvas-list.ts";

const context = { objectId: "k-1", window: { from: "2026-01-01", until: "2026-01-02" }, today: "2026-02-01" };

describe("canvas-list", () => {
  it("gives a row per Canvas", () => {
    const canvases = [{ id: "k-1", name: "Welcome", tags: ["a"], last_edited: "2026-01-01T00:00:00Z" }];
    expect(canvasList.toRows({ canvases }, context).rows).toMatchObject([
      { target: "raw_canvas", row: { canvas_id: "k-1", name: "Welcome", tags: ["a"] } },
    ]);
  });
});

describe("canvas-details", () => {
  it("gives the Canvas, its variants and its steps with all that follows them", () => {
    const { rows, rejected } = canvasDetails.toRows(
      {
        name: "Welcome",
        schedule_type: "action_based",
        variants: [
          { name: "A", id: "v1", first_step_ids: ["s1"], first_step_id: "s1" },
          { name: "B", id: "v2", first_step_id: "s2" },
          { name: "Control", id: "v3" },
        ],
        steps: [
          {
            name: "Mail",
            id: "s1",
            type: "message",
            next_step_ids: ["s2"],
            next_paths: [{ name: "null", next_step_id: "s2" }],
          },
          {
            name: "Split",
            id: "s2",
            type: "decision_split",
            next_paths: [{ name: "Yes", next_step_id: "s3" }, { name: "No" }],
          },
        ],
      },
      context,
    );
    expect(rejected).toEqual([]);
    expect(
      rows.map(({ target, row }) => [
        target,
        row.variation_id ?? row.step_id ?? row.canvas_id,
        row.first_step_ids ?? row.next_step_ids,
      ]),
    ).toEqual([
      ["raw_canvas", "k-1", undefined],
      ["raw_canvas_variant", "v1", ["s1"]],
      ["raw_canvas_variant", "v2", ["s2"]],
      ["raw_canvas_variant", "v3", []],
      ["raw_canvas_step", "s1", ["s2"]],
      ["raw_canvas_step", "s2", ["s3"]],
    ]);
  });
});

describe("canvas-data-series", () => {
  const stats = {
    time: "2026-01-01",
    total_stats: { revenue: 12.5, conversions: 3, conversions_by_entry_time: 2, entries: 40 },
    variant_stats: {
      v1: { name: "A", revenue: 12.5, conversions: 3, conversions_by_entry_time: 2, entries: 20 },
    },
    step_stats: {
      s1: {
        name: "Mail",
        revenue: 0,
        conversions: 1,
        messages: { email: [{ sent: 20, variation_api_id: "m" }], whatsapp: [] },
      },
    },
  };
  const read = (day: unknown) =>
    canvasDataSeries.toRows({ message: "success", data: { name: "Welcome", stats: [day] } }, context);

  it("gives the day whole, by variant and by step", () => {
    const { rows, rejected } = read(stats);
    expect(rejected).toEqual([]);
    expect(rows.map(({ row }) => row)).toMatchObject([
      { canvas_id: "k-1", activity_date: "2026-01-01", entries: 40, revenue: "12.5" },
      { variation_id: "v1", variation_name: "A", entries: 20 },
      {
        step_id: "s1",
        step_name: "Mail",
        conversions_by_entry_time: null,
        messages: [{ channel: "email", sent: 20, variation_api_id: "m" }],
      },
    ]);
  });

  it("does without the breakdowns that Braze leaves out", () => {
    const { total_stats, time } = stats;
    expect(read({ time, total_stats }).rows).toHaveLength(1);
    expect(read({ time, total_stats, variant_stats: null, step_stats: null }).rejected).toEqual([]);
  });

  it("rejects a part that is odd, and keeps the others", () => {
    const { rows, rejected } = read({
      ...stats,
      total_stats: [],
      step_stats: { s1: { messages: { email: { sent: 1 } } } },
    });
    expect(rows.map(({ target }) => target)).toEqual(["raw_canvas_variant_daily"]);
    expect(rejected.map(({ target }) => target)).toEqual(["raw_canvas_daily", "raw_canvas_step_daily"]);
  });

  it("sees when an answer is no series", () => {
    expect(canvasDataSeries.toRows({ data: [] }, context).unexpected).toBeDefined();
  });
});
