import type { ArmDay } from "../arm-day.ts";
import { shareOf, sharesNow } from "../definition.ts";
import { formatCount, formatCover, formatEffect, formatLift } from "../format.ts";
import { levelLeft } from "../level-left.ts";
import type { ExperimentResultRow } from "../result.ts";
import { type Bar, barChart } from "./bars.ts";
import { renderChart, rowLabel, shortened } from "./chart.ts";
import { type CumulativePoint, cumulativeChart, cumulativeEffect } from "./cumulative.ts";
import { effectTitle } from "./effect-axis.ts";
import { type ForestRow, forestPlot, toneOf } from "./forest.ts";
import { Html, html } from "./html.ts";
import { armLabel, comparedVerdicts, type ExperimentReport, isBroken, primaryCount } from "./report.ts";

const NOTHING = new Html("");
const FOREST_AXIS = "difference as a share of the control's value";

/** Effects of all metrics, or of all groups, relative to the control. */
export async function forestFigure(
  id: string,
  rows: readonly ExperimentResultRow[],
  nameOf: (row: ExperimentResultRow) => string,
  caption: string,
  isBroken: boolean,
): Promise<Html> {
  const lines = rows.flatMap((row) => forestRow(row, nameOf(row), isBroken));
  if (lines.length === 0) return NOTHING;
  const words = lines.map(
    ({ label, estimate, low, high }) =>
      `${label}: ${formatLift(estimate)}, ${formatLift(low)} to ${formatLift(high)}`,
  );
  const chart = await renderChart((shape) => forestPlot(lines, FOREST_AXIS, shape), {
    id,
    title: id === "groups" ? "Effects by group with their intervals" : "Effects with their intervals",
    description: `${words.join("; ")}.`,
  });
  return html`<figure>${chart}<figcaption>${caption}</figcaption></figure>`;
}

function forestRow(row: ExperimentResultRow, label: string, isBroken: boolean): ForestRow[] {
  const { effect, effect_low, effect_high, control_value } = row;
  if (effect === null || effect_low === null || effect_high === null || !control_value) return [];
  const share = (value: number | null) => (value === null ? null : value / Math.abs(control_value));
  const sign = row.direction === "lower" ? -1 : 1;
  const [low, high] = [row.decision_low, row.decision_high];
  const tone = isBroken ? "plain" : toneOf(low, high, sign > 0 ? "higher" : "lower");
  return [
    {
      label,
      estimate: share(effect)!,
      low: share(effect_low)!,
      high: share(effect_high)!,
      decisionLow: share(low),
      decisionHigh: share(high),
      margin: row.role === "guardrail" && row.margin !== null ? share(-sign * row.margin) : null,
      tone,
    },
  ];
}

export interface CumulativeFigure {
  readonly figure: Html;
  readonly arm: string;
  readonly points: readonly CumulativePoint[];
}

/** For every treatment with days: how the effect on the primary rate stood from day to day. */
export async function cumulativeFigures(report: ExperimentReport): Promise<CumulativeFigure[]> {
  const { definition, days, verdicts, results } = report;
  const compared = comparedVerdicts(verdicts);
  const bandWords = isBroken(compared)
    ? "This test is broken: whatever it shows proves nothing."
    : BAND_WORDS[definition.looks.kind](definition.alpha);
  const figures: CumulativeFigure[] = [];
  for (const [i, verdict] of compared.entries()) {
    const own = judgedDays(days, results, verdict.metric);
    const points = cumulativeEffect(
      own,
      verdict.control_arm_id!,
      verdict.arm_id,
      definition,
      definition.alpha * levelLeft(definition.alpha, verdicts),
      compared.length * primaryCount(results),
      results[0]?.data_grade ?? "",
    );
    if (points.length < 2) continue;
    const last = points.at(-1)!;
    const show = (value: number | null) => formatEffect(value, "proportion");
    const bounds = last.low === null ? "" : `, bounds ${show(last.low)} to ${show(last.high)}`;
    const direction = results.find(({ metric }) => metric === verdict.metric)?.direction ?? "higher";
    const title = effectTitle(verdict.metric ?? "", "proportion", direction);
    const chart = await renderChart((shape) => cumulativeChart(points, title, shape), {
      id: `cumulative-${i}`,
      title: `Effect of ${armLabel(verdict)} over time`,
      description: `From ${points[0]!.date} to ${last.date}: ${show(last.effect)} at the end${bounds}.`,
    });
    const figure = html`<figure>${chart}<figcaption>${armLabel(verdict)}: everybody up to each day who has had the time to convert, as known now. ${bandWords}</figcaption></figure>`;
    figures.push({ figure, arm: armLabel(verdict), points });
  }
  return figures;
}

/** Days of a rate whose people are in what is said of it. */
function judgedDays(
  days: readonly ArmDay[],
  results: readonly ExperimentResultRow[],
  metric: string | null,
): ArmDay[] {
  const whole = results.filter((row) => row.metric === metric && row.segment === "all");
  const firsts = whole.flatMap(({ first_date }) => first_date ?? []);
  const lasts = whole.flatMap(({ last_date }) => last_date ?? []);
  // Of nobody yet there is no last day.
  const [from, until] = [firsts.toSorted()[0] ?? "", lasts.toSorted().at(-1) ?? ""];
  return days.filter(
    (day) =>
      day.metric === metric &&
      day.segment === "all" &&
      day.x !== null &&
      day.date >= from &&
      day.date <= until,
  );
}

const BAND_WORDS = {
  fixed: () => "It decides nothing: this test is looked at once, at its end.",
  group_sequential: () => "It decides nothing: that is done at the looks above.",
  confidence_sequence: (alpha: number) =>
    `The band holds on all days together: of tests without any effect, at most ${formatCover(1 - alpha)} leave zero even once. Leaving it is strong evidence, no certainty.`,
} as const;

/** Shares seen beside shares planned. */
export async function splitFigure(
  report: ExperimentReport,
  rows: readonly ExperimentResultRow[],
): Promise<Html> {
  const assigned = rows.map((row) => unitsOf(report, row) ?? 0);
  const total = assigned.reduce((sum, n) => sum + n, 0);
  if (total === 0) return NOTHING;
  const shares = sharesNow(report.definition);
  const planned = rows.map((row) => shareOf(shares, { armId: row.arm_id, armName: row.arm_name }));
  const whole = planned.reduce<number>((sum, share) => sum + (share ?? 0), 0);
  const bars = rows.map((row, i): Bar => {
    const share = planned[i];
    const plan = share !== undefined && whole > 0 ? share / whole : undefined;
    const text = `${((100 * assigned[i]!) / total).toFixed(2)} % of ${formatCount(total)}`;
    return {
      group: "",
      label: shortened(armLabel(row), 30),
      share: assigned[i]! / total,
      text,
      planned: plan,
    };
  });
  const chart = await renderChart((shape) => barChart(bars, shape), {
    id: "split",
    title: "Shares of the arms",
    description: bars
      .map(
        ({ label, text, planned: plan }) =>
          `${label}: ${text}${plan === undefined ? "" : `, planned ${(100 * plan).toFixed(2)} %`}`,
      )
      .join("; "),
  });
  return html`<figure>${chart}<figcaption>People in each arm${shares ? "; the line marks the planned share" : "; the planned shares are not known"}.</figcaption></figure>`;
}

/** People in an arm; null when nobody counts them. */
function unitsOf({ activity }: ExperimentReport, row: ExperimentResultRow): number | null {
  const own = activity.find(({ armId }) => armId === row.arm_id)?.assigned ?? null;
  if (own === null && row.n === null) return null;
  return Number(own ?? Number(row.n) + Number(row.units_maturing ?? 0));
}

export interface FunnelStep {
  readonly arm: string;
  readonly step: string;
  readonly count: number;
  readonly share: number;
}

/** Per arm, how many people or messages came how far. */
export function funnelSteps(report: ExperimentReport, rows: readonly ExperimentResultRow[]): FunnelStep[] {
  return rows.flatMap((row) => {
    const activity = report.activity.find(({ armId }) => armId === row.arm_id);
    const first = unitsOf(report, row);
    const steps: [string, number | null | undefined][] = [
      ["people", first],
      ["sent", activity?.sent],
      ["delivered", activity?.delivered],
      ["opens", activity?.opens],
      ["clicks", activity?.clicks],
      [row.metric, row.x],
    ];
    const most = Math.max(first ?? 0, activity?.sent ?? 0);
    return steps.flatMap(([step, count]) =>
      count === null || count === undefined || most === 0
        ? []
        : [{ arm: armLabel(row), step, count: Number(count), share: Number(count) / most }],
    );
  });
}

export async function funnelFigure(steps: readonly FunnelStep[]): Promise<Html> {
  if (steps.length === 0) return NOTHING;
  const bars = steps.map(
    ({ arm, step, count, share }): Bar => ({
      group: arm,
      label: rowLabel(arm, step),
      share,
      text: `${formatCount(count)}  (${(100 * share).toFixed(1)} %)`,
    }),
  );
  const chart = await renderChart((shape) => barChart(bars, shape), {
    id: "funnel",
    title: "Funnel of each arm",
    description: steps.map(({ arm, step, count }) => `${arm}, ${step}: ${formatCount(count)}`).join("; "),
  });
  return html`<figure>${chart}<figcaption>Sends, opens and clicks count messages, the others people; who converted counts once the time to convert is over.</figcaption></figure>`;
}

/** How much of the size that is planned, or needed, has been seen. */
export async function progressFigure(report: ExperimentReport): Promise<Html> {
  const compared = comparedVerdicts(report.verdicts);
  const verdict = compared.find(({ decision }) => decision === "keep_running") ?? compared[0];
  if (!verdict) return NOTHING;
  const own = report.results.filter(
    (row) => row.metric === verdict.metric && row.segment === "all" && row.arm_id !== "all",
  );
  // Those there are now, not those of the last look; what was needed was said of the latter.
  const units = own.reduce((sum, { n }) => sum + Number(n ?? 0), 0);
  const needed =
    verdict.units_needed === null ? null : Number(verdict.units) + Number(verdict.units_needed) * own.length;
  const wanted = verdict.planned_units === null ? needed : Number(verdict.planned_units);
  if (wanted === null || wanted <= 0) return NOTHING;
  const text =
    units >= wanted ? `${formatCount(units)}: enough` : `${formatCount(units)} of ${formatCount(wanted)}`;
  const bars = [
    { group: "", label: verdict.planned_units === null ? "needed" : "planned", share: units / wanted, text },
  ];
  const chart = await renderChart((shape) => barChart(bars, shape), {
    id: "progress",
    title: "Sample size",
    description: `${text} people.`,
  });
  const words =
    verdict.planned_units === null
      ? "People seen, of those needed to find the smallest effect worth having with 80 % power; a larger one shows earlier."
      : "People seen, of those planned.";
  return html`<figure>${chart}<figcaption>${words}</figcaption></figure>`;
}
