import type { DeadLetter, PlannedPart, RunRequest } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { lateParts, nextStep } from "./next-work.ts";
import type { RunState } from "./run-state.ts";

const runId = "main__braze__20260101-20260111__p1";
const request: RunRequest = {
  runId,
  workspace: "main",
  pipeline: "braze",
  window: { from: "2026-01-01", until: "2026-01-11" },
  pass: 1,
  trigger: "cli",
  requestedBy: "somebody",
  requestedAt: "2026-01-11T00:00:00.000Z",
  priority: 0,
};
const part = (id: string, resource = "campaigns-data-series"): PlannedPart => ({
  part: id,
  resource,
  bucket: "default",
});
const letter = (work: string): DeadLetter => ({
  runId,
  work,
  queue: "q",
  jobId: "j",
  code: "braze.server_error",
  message: "always errors",
  failedAt: "2026-01-11T00:00:00.000Z",
});
const state = (over: Partial<RunState> = {}): RunState => ({
  request,
  plan: {
    runId,
    plannedAt: request.requestedAt,
    parts: [part("a"), part("b"), part("list", "campaigns-list")],
  },
  landed: new Set(),
  loaded: new Set(),
  loadedParts: new Set(["a", "b", "list"]),
  stages: new Set(),
  evaluateBatches: 0,
  dead: [],
  control: "go",
  ...over,
});
const jobs = (over: Partial<RunState>) => {
  const step = nextStep(state(over));
  if (step.kind === "wait") return "wait";
  return step.kind === "settle" ? step.status : step.work.map((work) => work.name + suffix(work.payload));
};
const suffix = (payload: object) => {
  const { part, resource, batch, scope } = payload as Record<string, unknown> & { part?: PlannedPart };
  return [part?.part, resource, batch, scope]
    .filter((value) => value !== undefined)
    .map((value) => `:${value}`)
    .join("");
};

const landedAll = new Set(["a", "b", "list"]);
const loadedAll = new Set(["campaigns-data-series", "campaigns-list"]);

describe("nextStep", () => {
  it("plans first", () => expect(jobs({ plan: undefined })).toEqual(["plan-run"]));

  it("extracts what has not landed and is not dead", () => {
    expect(jobs({ landed: new Set(["list"]), dead: [letter("part:a")] })).toEqual(["extract-part:b"]);
  });

  it("loads once per resource when all parts have settled", () => {
    expect(jobs({ landed: landedAll })).toEqual([
      "load-resource:campaigns-data-series",
      "load-resource:campaigns-list",
    ]);
  });

  it("goes on without a part that died, and ends partial", () => {
    const over = { landed: new Set(["a", "list"]), loaded: loadedAll, dead: [letter("part:b")] };
    expect(jobs(over)).toEqual(["transform-run"]);
    const transformed = { ...over, stages: new Set(["transform"]), evaluateBatches: 2 };
    expect(jobs(transformed)).toEqual(["evaluate-experiments:0", "evaluate-experiments:1"]);
    expect(jobs({ ...transformed, stages: new Set(["transform", "evaluate-0", "evaluate-1"]) })).toEqual([
      "publish-run:all",
    ]);
    const published = { ...over, stages: new Set(["transform", "publish"]) };
    expect(jobs(published)).toEqual(["notify-run"]);
    expect(jobs({ ...published, stages: new Set(["transform", "publish", "notify"]) })).toBe("partial");
  });

  it("ends partial when a part landed after its resource was loaded: nobody has loaded it", () => {
    const over = {
      landed: landedAll,
      loaded: loadedAll,
      stages: new Set(["transform", "publish", "notify"]),
    };
    expect(jobs({ ...over, loadedParts: new Set(["a", "list"]) })).toBe("partial");
    expect(lateParts(state({ ...over, loadedParts: new Set(["a", "list"]) }))).toMatchObject([{ part: "b" }]);
  });

  it("ends complete when nothing is missing, even if nobody could be told", () => {
    const over = { landed: landedAll, loaded: loadedAll, stages: new Set(["transform", "publish"]) };
    expect(jobs({ ...over, dead: [letter("notify")] })).toBe("complete");
  });

  it.each(["plan", "transform", "publish"])(
    "fails when %s dies, and says so in the ops tables first",
    (work) => {
      const over = {
        ...(work === "plan" ? { plan: undefined } : { landed: landedAll, loaded: loadedAll }),
        dead: [letter(work)],
      };
      const stages = work === "publish" ? ["transform"] : [];
      expect(jobs({ ...over, stages: new Set(stages) })).toEqual(["publish-run:ops"]);
      expect(jobs({ ...over, stages: new Set([...stages, "publish-ops"]) })).toEqual(["notify-run"]);
      expect(jobs({ ...over, stages: new Set([...stages, "publish-ops", "notify"]) })).toBe("failed");
    },
  );

  it("fails when nothing at all could be extracted", () => {
    expect(jobs({ dead: ["a", "b", "list"].map((id) => letter(`part:${id}`)) })).toEqual(["publish-run:ops"]);
  });

  it("models an empty reopened run, which lacks only its models", () => {
    expect(jobs({ plan: { runId, plannedAt: request.requestedAt, parts: [] } })).toEqual(["transform-run"]);
  });

  it("plans a held run and waits; begins nothing of a paused one", () => {
    expect(jobs({ plan: undefined, control: "held" })).toEqual(["plan-run"]);
    expect(jobs({ control: "held" })).toBe("wait");
    expect(jobs({ landed: new Set(["list"]), control: "paused" })).toBe("wait");
    expect(jobs({ landed: landedAll, control: "paused" })).toBe("wait");
  });

  it("ends a cancelled run with what has landed", () => {
    const dead = [letter("cancelled")];
    const landed = new Set(["list"]);
    expect(jobs({ landed, control: "cancelled", dead })).toEqual(["load-resource:campaigns-list"]);
    const stages = new Set(["transform", "publish", "notify"]);
    expect(jobs({ landed, loaded: new Set(["campaigns-list"]), stages, control: "cancelled", dead })).toBe(
      "partial",
    );
    expect(jobs({ plan: undefined, control: "cancelled", dead })).toEqual(["publish-run:ops"]);
  });
});
