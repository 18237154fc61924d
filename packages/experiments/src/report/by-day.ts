import { formatCount, formatCover, formatEffect, formatInterval, formatValue } from "../format.ts";
import type { PublishedDaily, RecordedVerdict } from "../published.ts";
import type { ExperimentResultRow } from "../result.ts";
import { byDayChart, countCut, type DayEffect } from "./by-day-chart.ts";
import { renderChart } from "./chart.ts";
import { effectTitle } from "./effect-axis.ts";
import { type Html, html, intervalCell, table } from "./html.ts";
import { REASON_WORDS } from "./plain-words.ts";
import { armLabel, comparedVerdicts, type ExperimentReport, isBroken } from "./report.ts";

/** Periods told of as a table; all of them are in `exp_result_daily`. */
const TABLE_ROWS = 14;

/** For every arm that is compared: its effect on the people of each day beside the effect over all, as a picture and as a table. */
export async function byDaySection(report: ExperimentReport): Promise<Html | null> {
  const parts: Html[] = [];
  const compared = comparedVerdicts(report.verdicts);
  const broken = isBroken(compared);
  for (const [i, verdict] of compared.entries()) {
    const own = report.daily.filter((row) => row.metric === verdict.metric && row.arm_id === verdict.arm_id);
    const whole = report.results.find(
      (row) => row.metric === verdict.metric && row.arm_id === verdict.arm_id && row.segment === "all",
    );
    // A single day is no course.
    if (own.length < 2 || !whole) continue;
    const caption = `${captionOf(own, whole, armLabel(verdict))}${broken ? "" : ` ${trendWords(whole, own[0]!.period)}`}`;
    parts.push(await figureOf(`by-day-${i}`, own, whole, caption), tableOf(own, verdict));
  }
  if (parts.length === 0) return null;
  const { period, alpha } = report.daily[0]!;
  const source = report.results[0]?.source ?? "";
  const words = broken
    ? `This test is broken: whatever the ${period}s show proves nothing.`
    : readWords(alpha, period);
  return html`<h2>Effect by ${period}${EVENT_WORDS[source] ?? ""}</h2><p class="soft">${words}</p>${parts}`;
}

/** What people are put on a day by. */
const EVENT_WORDS: Readonly<Record<string, string>> = {
  campaign: " of sending",
  canvas: " of entry",
  event: " of assignment",
  file: " of first exposure",
  global_control_group: " of assignment",
};

const readWords = (alpha: number, period: string) =>
  `For reading, never for deciding: of ${alpha === 0.05 ? "twenty" : Math.round(1 / alpha)} such intervals about one misses the effect that there is by chance alone, so one good or bad ${period} says nothing. The verdict above comes from everybody together.`;

async function figureOf(
  id: string,
  own: readonly PublishedDaily[],
  whole: ExperimentResultRow,
  caption: string,
): Promise<Html> {
  const kind = whole.metric_kind;
  const days = own.flatMap(
    ({ activity_date: date, effect, effect_low: low, effect_high: high }): DayEffect[] =>
      effect === null || low === null || high === null ? [] : [{ date, effect, low, high }],
  );
  if (days.length < 2 || whole.effect === null) return html``;
  const line = { effect: whole.effect, low: whole.effect_low, high: whole.effect_high };
  const { period } = own[0]!;
  const about = { kind, period, title: effectTitle(whole.metric, kind, whole.direction) };
  const chart = await renderChart((shape) => byDayChart(days, line, about, shape), {
    id,
    title: `Effect of ${armLabel(whole)} by ${period}`,
    description: described(days, whole, period),
  });
  return html`<figure>${chart}<figcaption>${caption}${cutWords(countCut(days, line), period)}</figcaption></figure>`;
}

/** What an arrow at the edge means. */
function cutWords(cut: number, period: string): string {
  if (cut === 0) return "";
  const whose = cut === 1 ? `that of one ${period}` : `those of ${cut} ${period}s`;
  return ` An arrow marks an interval far wider than usual, which goes on beyond the picture: ${whose}.`;
}

function described(days: readonly DayEffect[], whole: ExperimentResultRow, period: string): string {
  const show = (value: number | null) => formatEffect(value, whole.metric_kind);
  const [least, most] = [Math.min, Math.max].map((end) => show(end(...days.map(({ effect }) => effect))));
  const inside = days.filter(({ low, high }) => low <= whole.effect! && whole.effect! <= high).length;
  return `${days.length} ${period}s from ${days[0]!.date} to ${days.at(-1)!.date}, effects from ${least} to ${most}; over all ${show(whole.effect)}, which ${inside} of the ${days.length} intervals hold.`;
}

function captionOf(own: readonly PublishedDaily[], whole: ExperimentResultRow, arm: string): string {
  const { period, alpha } = own[0]!;
  const maturing = own.reduce((sum, { units_maturing }) => sum + Number(units_maturing), 0);
  const waiting =
    maturing === 0 ? "" : ` ${formatCount(maturing)} of its people can still convert and are not in it.`;
  const bounded = whole.notes?.split(",").includes("unit_bounded")
    ? ` ${period === "day" ? BOUNDED_WORDS.day : BOUNDED_WORDS.longer}`
    : "";
  const dots = `${arm}: each dot is the people of one ${period} against the control's of the same ${period}, its bar the ${formatCover(alpha)} interval of that ${period} alone.`;
  return `${dots} Blue: everybody together, with its interval.${partWords(own[0]!, whole)}${bounded}${waiting}`;
}

/** A week or a month of the calendar may begin before the test does. */
function partWords({ period, activity_date }: PublishedDaily, { first_date }: ExperimentResultRow): string {
  if (first_date === null || activity_date >= first_date) return "";
  return ` The first ${period}, from ${activity_date}, is only a part: there is nobody in it before ${first_date}.`;
}

const BOUNDED_WORDS = {
  day: "That of the whole allows for the same people having come on every day, which a single day need not.",
  longer: "All of them allow for the same people having come on each of their days.",
} as const;

/** What the line through the days says; a trend is a hint, since it was not what the test was made for. */
function trendWords(
  { trend_slope, trend_p, novelty, metric_kind }: ExperimentResultRow,
  period: string,
): string {
  if (trend_slope === null || trend_p === null)
    return `Whether it changes is not said: that is asked of single days${period === "day" ? "" : `, not of ${period}s`}, and takes seven with at least a hundred people in each arm.`;
  if (novelty === true)
    return "The effect of the first days is gone, or has turned: what is new may wear off, so do not expect the whole of it to last.";
  if (trend_p < 0.01)
    return `It changes by about ${formatEffect(trend_slope, metric_kind)} a day: a hint to look into, not a finding.`;
  return "No sign that it fades or grows.";
}

function tableOf(own: readonly PublishedDaily[], verdict: RecordedVerdict): Html {
  const rows = own.slice(-TABLE_ROWS);
  const { period, metric_kind: kind, alpha } = own[0]!;
  const show = (value: number | null) => formatEffect(value, kind);
  const caption = `${armLabel(verdict)} by ${period}${own.length > rows.length ? `, the last ${rows.length} of ${own.length}` : ""}`;
  const columns = [
    { title: period === "day" ? "day" : `${period} from`, isShort: true },
    { title: "difference", isNumber: true },
    { title: `${formatCover(alpha)} interval`, isInterval: true },
    { title: "people", isNumber: true },
    { title: "value", isNumber: true },
    { title: "control's people", isNumber: true },
    { title: "control's value", isNumber: true },
  ];
  return table(
    caption,
    columns,
    rows.map((row) => [
      row.activity_date,
      show(row.effect),
      row.status === "estimated"
        ? intervalCell(formatInterval(row.effect_low, row.effect_high, show))
        : missingWords(row),
      formatCount(Number(row.n)),
      formatValue(row.value, kind),
      formatCount(row.control_n === null ? null : Number(row.control_n)),
      formatValue(row.control_value, kind),
    ]),
  );
}

function missingWords({ reason, units_maturing }: PublishedDaily): string | null {
  const words = REASON_WORDS[reason ?? ""] ?? reason;
  return reason === "maturing" ? `maturing: ${formatCount(Number(units_maturing))} ${words}` : words;
}
