import { formatCount, formatEffect, formatInterval } from "../format.ts";
import type { RecordedVerdict } from "../published.ts";
import { sayOf } from "../words.ts";
import { renderChart } from "./chart.ts";
import { effectTitle } from "./effect-axis.ts";
import { type Tone, toneOf } from "./forest.ts";
import { type Html, html, intervalCell, table } from "./html.ts";
import { lookChart } from "./look-chart.ts";
import { type LookPlace, lookPlaces, type Outlook } from "./look-places.ts";
import { armLabel, comparedVerdicts, type ExperimentReport, primaryCount } from "./report.ts";

/** Looks told of in words and as a table; older ones stay in `exp_verdict_history`. */
const TABLE_ROWS = 20;

/** What one arm's looks are about. */
interface Subject {
  readonly arm: string;
  readonly metric: string;
  readonly kind: string;
  readonly direction: "higher" | "lower";
}

/** For every arm that is compared: the looks taken, each as it was said then, and those to come; a picture and the same as a table. */
export async function lookSection(report: ExperimentReport): Promise<Html | null> {
  const compared = comparedVerdicts(report.verdicts);
  const parts: Html[] = [];
  for (const [i, verdict] of compared.entries()) {
    const own = report.verdicts.filter(({ arm_id }) => arm_id === verdict.arm_id);
    const subject = subjectOf(report, verdict);
    const outlook = outlookOf(report, verdict, compared.length);
    const places = lookPlaces(own, report.definition, outlook);
    const shown = places.filter(({ said }) => said === null || said.metric === verdict.metric);
    if (shown.length === 0) continue;
    const isAnyDay = report.definition.looks.kind === "confidence_sequence";
    const figure = await lookFigure(`looks-${i}`, shown, subject);
    parts.push(html`${figure}${lookTable(places, subject, isAnyDay)}`);
  }
  if (parts.length === 0) return null;
  return html`<h2>Looks</h2><p class="soft">${LOOK_WORDS} ${BOUNDARY_WORDS[report.definition.looks.kind]}</p>${parts}`;
}

function subjectOf({ results, definition }: ExperimentReport, verdict: RecordedVerdict): Subject {
  const metric = verdict.metric ?? "";
  const row = results.find((candidate) => candidate.metric === metric);
  const direction = row?.direction ?? definition.metrics?.[metric]?.direction;
  return {
    arm: armLabel(verdict),
    metric,
    kind: verdict.metric_kind ?? row?.metric_kind ?? "proportion",
    direction: direction === "lower" ? "lower" : "higher",
  };
}

/** The newest error there is, for what boundaries to come will be. */
function outlookOf(
  { results, definition }: ExperimentReport,
  verdict: RecordedVerdict,
  comparisons: number,
): Outlook | null {
  const own = results.filter(
    (row) => row.metric === verdict.metric && row.segment === "all" && row.arm_id !== "all",
  );
  const se = own.find(({ arm_id }) => arm_id === verdict.arm_id)?.effect_se ?? null;
  const units = own.reduce((sum, { n }) => sum + Number(n ?? 0), 0);
  if (se === null || units === 0) return null;
  return { units, se, alpha: definition.alpha / primaryCount(results), comparisons };
}

async function lookFigure(id: string, places: readonly LookPlace[], subject: Subject): Promise<Html> {
  const { arm, metric, kind, direction } = subject;
  const toneAt = ({ said }: LookPlace): Tone =>
    said === null || said.decision === "invalid"
      ? "plain"
      : toneOf(said.decision_low, said.decision_high, direction);
  const title = effectTitle(metric, kind, direction);
  const chart = await renderChart((shape) => lookChart(places, toneAt, kind, title, shape), {
    id,
    title: `Looks at ${arm}`,
    description: described(places, kind),
  });
  return html`<figure>${chart}<figcaption>${arm}: effect on ${metric}, look by look.</figcaption></figure>`;
}

const LOOK_WORDS = "A dot is the effect, its bar the interval that decided, both as they were said then.";
const BOUNDARY_WORDS = {
  fixed: "Dashes: how far from zero the effect must be at the one look, the end.",
  group_sequential:
    "Dashed: how far from zero the effect had to be to decide at that look; the boundaries of all looks together keep the error at its level. Hollow circles are looks to come, with the boundary to expect; a cross is a look that a later one was taken together with.",
  confidence_sequence:
    "Dashed: how far from zero the effect had to be to decide; that holds on all days together, however often one looks.",
} as const;

const nameOf = ({ number, date, isEarlierPlan }: LookPlace, of: string = "") =>
  number === null ? (date ?? "") : `look ${number}${of}${isEarlierPlan ? " (earlier plan)" : ""}`;

function described(places: readonly LookPlace[], kind: string): string {
  const told = places.slice(-TABLE_ROWS).map((place) => describe(place, kind));
  const rest = places.length > told.length ? `The last ${told.length} of ${places.length}. ` : "";
  return `${rest}${told.join(" ")}`;
}

function describe(place: LookPlace, kind: string): string {
  const show = (value: number | null) => formatEffect(value, kind);
  const share = place.information === null ? "" : ` at ${percent(place.information)} of the plan`;
  const edge = place.boundary === null ? "" : `, boundary ±${unsigned(place.boundary, kind)}`;
  if (place.said === null) {
    const state = place.state === "passed" ? "was passed over" : "is to come";
    return `${nameOf(place)} ${state}${share}${place.date ? ` on ${place.date}` : ""}${edge}.`;
  }
  const { effect, decision_low, decision_high } = place.said;
  const interval = formatInterval(decision_low, decision_high, show);
  return `${nameOf(place)}${share}: ${show(effect)}, ${interval}${edge}, ${sayOf(place.said)}.`;
}

function lookTable(places: readonly LookPlace[], subject: Subject, isAnyDay: boolean): Html {
  const rows = places.slice(-TABLE_ROWS);
  const columns = [
    { title: isAnyDay ? "said on" : "look", isShort: true },
    ...(isAnyDay ? [] : [{ title: "day", isShort: true }]),
    { title: "data until", isShort: true },
    { title: "people", isNumber: true },
    ...(isAnyDay ? [] : [{ title: "of the plan", isNumber: true }]),
    { title: "difference", isNumber: true },
    { title: "interval that decided", isInterval: true },
    { title: "boundary", isNumber: true },
    { title: "said", isText: true },
  ];
  const caption = `Looks at ${subject.arm}, as they were said then${places.length > rows.length ? `; the last ${rows.length} of ${places.length}` : ""}`;
  return table(
    caption,
    columns,
    rows.map((place) => lookCells(place, subject, isAnyDay)),
  );
}

function lookCells(place: LookPlace, subject: Subject, isAnyDay: boolean) {
  const { said } = place;
  const kind = said?.metric_kind ?? subject.kind;
  const show = (value: number | null) => formatEffect(value, kind);
  const other = said && said.metric !== subject.metric ? ` (on ${said.metric})` : "";
  const about = said === null ? "about " : "";
  const boundary = place.boundary === null ? "–" : `${about}±${unsigned(place.boundary, kind)}`;
  return [
    isAnyDay ? place.date : nameOf(place).replace(/^look /, ""),
    ...(isAnyDay ? [] : [place.date ?? "–"]),
    said?.last_date ?? "–",
    formatCount(place.units),
    ...(isAnyDay ? [] : [place.information === null ? "–" : percent(place.information)]),
    show(said?.effect ?? null),
    said ? intervalCell(formatInterval(said.decision_low, said.decision_high, show)) : "–",
    boundary,
    said ? `${sayOf(said)}${other}` : STATE_WORDS[place.state],
  ];
}

const STATE_WORDS = {
  taken: "",
  passed: "passed over: due together with the next",
  to_come: "to come",
} as const;

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
const unsigned = (value: number, kind: string) => formatEffect(value, kind).replace(/^\+/, "");
