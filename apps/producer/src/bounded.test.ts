import type { Work } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { bounded } from "./bounded.ts";

const work = (part: string, bucket: string): Work => ({
  name: "extract-part",
  payload: { v: 1, runId: "r", part: { part, resource: "campaigns-data-series", bucket } },
});
const all = [...Array(7).keys()].map((i) => work(`p${i}`, i % 2 === 0 ? "default" : "series"));
const names = (jobs: Work[]) =>
  jobs.map((job) => (job.name === "extract-part" ? job.payload.part.part : job.name));

describe("bounded", () => {
  it("lets the first parts of each bucket of a backfill in", () => {
    expect(names(bounded(all, { priority: 10 }, 2))).toEqual(["p0", "p1", "p2", "p3"]);
  });

  it("never takes back a part that was let in, as others land", () => {
    const later = all.filter((_, i) => i !== 0 && i !== 1);
    expect(names(bounded(later, { priority: 10 }, 2))).toEqual(["p2", "p3", "p4", "p5"]);
  });

  it("leaves other runs and other work alone", () => {
    expect(bounded(all, { priority: 0 }, 2)).toEqual(all);
    const load: Work = { name: "load-resource", payload: { v: 1, runId: "r", resource: "campaigns-list" } };
    expect(bounded([load], { priority: 10 }, 0)).toEqual([load]);
  });
});
