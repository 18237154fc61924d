import { describe, expect, it } from "vitest";
import { type Work, workKey, workOf } from "./jobs.ts";

const runId = "main__braze__all__p1";
const part = {
  part: "campaigns-data-series__a~3ab__20260101-20260411",
  resource: "campaigns-data-series",
  bucket: "b",
};
const works: Work[] = [
  { name: "plan-run", payload: { v: 1, runId } },
  { name: "extract-part", payload: { v: 1, runId, part } },
  { name: "load-resource", payload: { v: 1, runId, resource: "campaigns-list" } },
  { name: "transform-run", payload: { v: 1, runId } },
  { name: "evaluate-experiments", payload: { v: 1, runId, batch: 12 } },
  { name: "publish-run", payload: { v: 1, runId, scope: "all" } },
  { name: "publish-run", payload: { v: 1, runId, scope: "ops" } },
  { name: "notify-run", payload: { v: 1, runId } },
];

describe("workOf", () => {
  it.each(works)("finds $name again by its key", (work) => {
    expect(workOf(workKey(work), runId, [part])).toEqual(work);
  });

  it("knows no part that the plan does not hold, and no other key", () => {
    expect(workOf("part:x", runId, [part])).toBeUndefined();
    expect(workOf("cancelled", runId, [part])).toBeUndefined();
  });
});
