import { addDays, type ExperimentOverride } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { campaignDay } from "../arm-day.fixture.ts";
import { newEffectsByDay } from "../by-day.ts";
import { campaignArm } from "../campaign-arm.fixture.ts";
import { resolveDefinition } from "../definition.ts";
import { formatEffect, formatP } from "../format.ts";
import { NO_HISTORY } from "../history.ts";
import { judgeExperiment } from "../judge.ts";
import type { RecordedVerdict } from "../published.ts";
import { experimentPage } from "./experiment-page.ts";
import { portfolioPage } from "./portfolio-page.ts";
import type { ExperimentReport } from "./report.ts";

const HOSTILE = `</title><script>alert(1)</script><img src=x onerror="alert('2')">`;
const ID = "main__campaign__x";

const arm = (armId: string, n: number, x: number) =>
  campaignArm(armId, n, x, { experimentName: HOSTILE, armName: `${armId} ${HOSTILE}` });

const DAYS = Array.from({ length: 20 }, (_, i) => `2026-01-${String(i + 1).padStart(2, "0")}`);

function report(
  own: ExperimentOverride = {},
  dates = DAYS,
  units = (_date: string) => 500,
): ExperimentReport {
  const definition = resolveDefinition({ repeat_sends: "no", planned_shares: { c: 1, t: 1 }, ...own });
  const days = dates.flatMap((date) =>
    [
      ["c", 0.08],
      ["t", 0.12],
    ].map(([armId, rate]) =>
      campaignDay(String(armId), date, units(date), Math.round(units(date) * Number(rate))),
    ),
  );
  const arms = [arm("c", 10_000, 800), arm("t", 10_000, 1_200)];
  const evaluation = judgeExperiment({
    arms,
    days,
    activity: [],
    definition,
    history: NO_HISTORY,
    experiments: 1,
  });
  const verdicts = evaluation.verdicts.map(
    (verdict): RecordedVerdict => ({
      ...verdict,
      is_newest: true,
      evaluated_at: "2026-01-21T06:00:00.000Z",
      run_id: "main__braze__all__p1",
    }),
  );
  const input = { arms, days, definition, results: evaluation.results };
  return {
    id: ID,
    daily: newEffectsByDay(input, undefined).flatMap((row) => ("arm_id" in row ? row : [])),
    results: evaluation.results,
    health: evaluation.health,
    verdicts,
    days,
    activity: [],
    definition,
  };
}

describe("the page of an experiment", () => {
  it("shows the numbers of its results, the decision and what it rests on", async () => {
    const content = await experimentPage(report());
    const [treatment] = report().results.filter(({ status }) => status === "estimated");
    expect(content).toContain(formatEffect(treatment!.effect, "proportion"));
    expect(content).toContain(formatP(treatment!.p_value, treatment!.logp));
    expect(content).toContain("Ship it");
    expect(content).toContain("The split fits the plan");
    expect(content).toContain("No sign that it fades or grows");
    for (const id of ["effects", "looks-0", "cumulative-0", "by-day-0", "split", "funnel", "progress"])
      expect(content).toContain(`<title id="${id}-title">`);
  });

  it("names the level at which intervals hold, wherever it shows one", async () => {
    const content = await experimentPage(report({ alpha: 0.1 }));
    for (const words of [
      "90 % interval of this comparison alone",
      "extra in all (90 %)",
      "of 10 such intervals",
    ])
      expect(content).toContain(words);
    expect(content).not.toContain("95 % interval");
  });

  it("speaks of weeks where it shows weeks, of the part that the first is, and of a bar that leaves the picture", async () => {
    // From a Thursday; the last week has few people.
    const dates = Array.from({ length: 67 }, (_, i) => addDays("2026-01-01", i));
    const content = await experimentPage(report({}, dates, (date) => (date < "2026-03-02" ? 90 : 8)));
    for (const words of [
      "one good or bad week says nothing",
      "The first week, from 2025-12-29, is only a part: there is nobody in it before 2026-01-01.",
      "asked of single days, not of weeks, and takes seven with at least a hundred people",
      "which goes on beyond the picture: that of one week.",
    ])
      expect(content).toContain(words);
    expect(await experimentPage(report())).not.toMatch(/is only a part|beyond the picture/);
  });

  it("promises of a band that leaves zero what its level holds", async () => {
    const content = await experimentPage(
      report({ looks: { kind: "confidence_sequence" } as never, alpha: 0.1 }),
    );
    expect(content).toContain("of tests without any effect, at most 10 % leave zero even once");
  });

  it("draws no course of people who can all still convert", async () => {
    const waiting = await experimentPage(report({ maturity_days: 30 }));
    expect(waiting).toContain("nobody has had the whole time to convert");
    expect(waiting).not.toContain("Effect over time");
    expect(waiting).not.toContain('id="by-day-0-title"');
  });

  it("praises nothing where the split is broken", async () => {
    const own = report();
    const broken = own.verdicts.map((verdict) => ({
      ...verdict,
      decision: "invalid" as const,
      reason: "srm" as const,
      problems: "srm",
    }));
    const content = await experimentPage({ ...own, verdicts: broken });
    expect(content).toContain("This test is broken");
    expect(content).toContain("not to be trusted");
    expect(content).toContain("whatever the days show proves nothing");
    expect(content).not.toContain("No sign that it fades or grows");
    expect(content).not.toContain('fill="var(--good)"');
    expect(content).not.toContain("leave zero even once");
    const portfolio = await portfolioPage({ ...own, verdicts: broken });
    expect(portfolio).toContain("the split does not fit the plan");
    expect(portfolio).not.toContain('<title id="portfolio-title">');
  });

  it("says of a test that needs more people than come how many, where no day can be named", async () => {
    const own = report();
    const verdicts = own.verdicts.map((verdict) => ({
      ...verdict,
      decision: "keep_running" as const,
      reason: "collecting" as const,
      next_look_date: null,
      units_needed: 64_000,
    }));
    const portfolio = await portfolioPage({ ...own, verdicts });
    expect(portfolio).toContain("about 64,000 more people per arm needed");
    expect(portfolio).toContain("far off");
    expect(await portfolioPage(own)).not.toContain("far off");
  });

  it("needs nothing from elsewhere, and runs nothing", async () => {
    const content = await experimentPage(report());
    expect(content).not.toMatch(/<script|<link|<iframe|<object/i);
    expect(content.replaceAll(/http:\/\/www\.w3\.org\/[^"]*/g, "")).not.toMatch(
      /(?:src|href)="(?:https?:)?\/\//,
    );
    expect(content).toContain("default-src 'none'");
  });

  it("lets no name become markup, in tables and in pictures", async () => {
    const own = report();
    const pages = [await experimentPage(own), await portfolioPage(own)];
    for (const content of pages) {
      expect(content).not.toContain("<script>");
      expect(content).not.toContain("<img");
      expect(content).toContain("&#60;script&#62;");
    }
  });

  it("is made for experiments about which nothing can be said too", async () => {
    const definition = resolveDefinition({});
    const evaluation = judgeExperiment({
      arms: [arm("a", 0, 0)],
      days: [],
      activity: [],
      definition,
      history: NO_HISTORY,
      experiments: 1,
    });
    const verdicts = evaluation.verdicts.map((verdict) => ({
      ...verdict,
      is_newest: true,
      evaluated_at: "2026-01-21T06:00:00.000Z",
      run_id: "r",
    }));
    const content = await experimentPage({
      id: ID,
      ...evaluation,
      verdicts,
      days: [],
      daily: [],
      activity: [],
      definition,
    });
    expect(content).toContain("Cannot be judged");
    expect(await portfolioPage({ results: [], verdicts: [] })).toContain("too few to say what is usual");
  });
});
