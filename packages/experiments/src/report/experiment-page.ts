import { formatCount, formatCover, formatEffect, formatInterval, formatP } from "../format.ts";
import type { RecordedVerdict } from "../published.ts";
import type { ExperimentResultRow } from "../result.ts";
import { sayOf } from "../words.ts";
import { byDaySection } from "./by-day.ts";
import { rowLabel } from "./chart.ts";
import { healthTable } from "./checks.ts";
import {
  type CumulativeFigure,
  cumulativeFigures,
  type FunnelStep,
  forestFigure,
  funnelFigure,
  funnelSteps,
  progressFigure,
  splitFigure,
} from "./experiment-charts.ts";
import { type Html, html, intervalCell, page, table } from "./html.ts";
import { lookSection } from "./look-figures.ts";
import { numbersTable, posteriorTable } from "./numbers.ts";
import { BECAUSE_WORDS, NOTE_WORDS } from "./plain-words.ts";
import {
  armLabel,
  classOf,
  type ExperimentReport,
  isBroken,
  newestVerdicts,
  otherProblems,
} from "./report.ts";
import { STYLE } from "./style.ts";

const isOverall = (row: ExperimentResultRow) => row.segment === "all" && row.arm_id !== "all";
const ROLES = ["primary", "guardrail", "secondary"];

/** What decides comes first, and of every metric the control. */
function byImportance(a: ExperimentResultRow, b: ExperimentResultRow): number {
  const name = (row: ExperimentResultRow) => `${row.segment} ${row.metric}`;
  return (
    ROLES.indexOf(a.role) - ROLES.indexOf(b.role) ||
    name(a).localeCompare(name(b)) ||
    Number(b.is_control) - Number(a.is_control) ||
    armLabel(a).localeCompare(armLabel(b))
  );
}

/** One self-contained page about one experiment: what to do, how far it is, the numbers, the checks, what was said before. */
export async function experimentPage(report: ExperimentReport): Promise<string> {
  const { results, verdicts, id } = report;
  const newest = newestVerdicts(verdicts);
  const overall = results.filter(isOverall).toSorted(byImportance);
  const groups = results
    .filter((row) => row.segment !== "all" && row.arm_id !== "all")
    .toSorted(byImportance);
  const main = overall.filter((row) => row.metric === (newest[0]?.metric ?? overall[0]?.metric));
  const name = newest[0]?.experiment_name ?? results[0]?.experiment_name ?? id;
  const cumulative = await cumulativeFigures(report);
  const steps = funnelSteps(report, main);
  const broken = isBroken(newest);
  const body = html`<header><p class="soft"><a href="index.html">All experiments</a></p>
<h1>${name}</h1>${subtitle(report, overall[0])}</header>
<main><h2>What to do</h2>
${verdictCards(report)}
${broken ? null : await progressFigure(report)}
<h2>Numbers</h2>
${broken ? html`<p class="fail">This test is broken: the numbers are shown as they are, and prove nothing.</p>` : null}
${await forestFigure("effects", overall, (row) => rowLabel(row.metric, armLabel(row)), forestWords(overall), broken)}
${numbersTable("Every arm by every metric", overall, report)}
${posteriorTable(overall)}
${omnibus(results)}
${await lookSection(report)}
${cumulative.length > 0 ? html`<h2>Effect over time</h2>${cumulative.map(({ figure }) => figure)}${cumulative.map(cumulativeTable)}` : null}
${await byDaySection(report)}
${groups.length > 0 ? html`<h2>Groups</h2><p class="soft">Named beforehand, exploratory: corrected for being several, and not what decides.</p>${await forestFigure("groups", groups, (row) => rowLabel(row.segment, armLabel(row)), forestWords(groups), broken)}${numbersTable("Every arm by group", groups, report)}` : null}
<h2>Split</h2>
${await splitFigure(report, main)}
${healthTable(report)}
<h2>Funnel</h2>
${await funnelFigure(steps)}
${funnelTable(steps)}
<h2>What these numbers cannot know</h2>
${limits(overall)}
<h2>What was said, and when</h2>
${historyTable(report)}
</main>`;
  return page(`${name} · experiment`, body, STYLE);
}

function funnelTable(steps: readonly FunnelStep[]): Html {
  const columns = [
    { title: "arm" },
    { title: "step" },
    { title: "count", isNumber: true },
    { title: "share", isNumber: true },
  ];
  const rows = steps.map(({ arm, step, count, share }) => [
    arm,
    step,
    formatCount(count),
    `${(100 * share).toFixed(1)} %`,
  ]);
  return table("Funnel of each arm", columns, rows);
}

function forestWords(rows: readonly ExperimentResultRow[]): string {
  const [first] = rows;
  if (!first) return "";
  const thick = `Thick: ${formatCover(first.alpha)} interval of this comparison alone.`;
  const margin = rows.some(({ guardrail }) => guardrail !== null)
    ? " A dashed line is a guardrail's margin."
    : "";
  return rows.some(({ decision_low }) => decision_low !== null)
    ? `${thick} Thin: the interval that decides, for all arms and all looks.${margin}`
    : `${thick} No interval decides now.${margin}`;
}

const GRADES: Readonly<Record<string, string>> = {
  rest_totals:
    "Totals as Braze reports them: rates are exact, revenue has no spread between people and is not tested.",
  user_rows: "Single people are known: means, money and adjustments for the time before are possible.",
};

function subtitle(
  { id, verdicts, definition }: ExperimentReport,
  row: ExperimentResultRow | undefined,
): Html {
  const newest = verdicts.at(-1);
  const span = newest?.first_date ? `${newest.first_date} to ${newest.last_date}` : "no days known";
  return html`<p class="soft">${id} · ${row?.source ?? "unknown source"} · ${span} · data ${newest?.data_state ?? "unknown"} · judged ${newest?.evaluated_at?.slice(0, 16).replace("T", " ")} UTC</p>
<p class="soft">${GRADES[row?.data_grade ?? ""] ?? ""} ${LOOK_WORDS[definition.looks.kind]}</p>`;
}

const LOOK_WORDS = {
  fixed: "Looked at once, at its end.",
  group_sequential:
    "Looked at a declared number of times: the level is spent over the looks. Between them nothing is decided.",
  confidence_sequence: "May be looked at on any day: the intervals hold at every look.",
} as const;

function verdictCards({ verdicts }: ExperimentReport): Html {
  const newest = newestVerdicts(verdicts).toSorted((a, b) => armLabel(a).localeCompare(armLabel(b)));
  const cards = newest.map(
    (
      verdict,
    ) => html`<section class="verdict ${classOf(verdict)}"><h3>${armLabel({ ...verdict, arm_id: verdict.arm_id === "all" ? "All arms" : verdict.arm_id })}</h3>
<p class="say">${sayOf(verdict)}${verdict.is_winner && newest.length > 1 ? " (the best)" : ""}</p>
<p>${verdict.explanation}</p>
${saidAt(verdict)}<p class="soft"><code>${[verdict.decision, verdict.reason, ...otherProblems(verdict)].join(" / ")}</code></p></section>`,
  );
  return html`<div class="verdicts">${cards}</div>`;
}

/** A declared look is about the people of its day: what stands below may be newer. */
function saidAt({ look, looks_planned, units, last_date }: RecordedVerdict): Html | null {
  if (look === null) return null;
  const until = last_date === null ? null : html`, data until <span class="nowrap">${last_date}</span>`;
  return html`<p class="soft">Look ${look} of ${looks_planned}: ${formatCount(Number(units))} people${until}.</p>`;
}

function omnibus(results: readonly ExperimentResultRow[]): Html | null {
  const row = results.find(({ arm_id, status }) => arm_id === "all" && status === "estimated");
  return row
    ? html`<p>Without a control only one question can be asked: do the arms differ at all on ${row.metric}? χ² = ${row.chi2?.toFixed(2)} on ${row.df} degree${row.df === 1 ? "" : "s"} of freedom, p ${formatP(row.p_value, row.logp)}.</p>`
    : null;
}

const TABLE_DAYS = 14;

function cumulativeTable({ arm, points }: CumulativeFigure): Html {
  const show = (value: number | null) => formatEffect(value, "proportion");
  const isBounded = points.some(({ low }) => low !== null);
  const columns = [
    { title: "until", isShort: true },
    { title: "people", isNumber: true },
    { title: "difference", isNumber: true },
    ...(isBounded ? [{ title: "deciding interval", isInterval: true }] : []),
  ];
  const rows = points
    .slice(-TABLE_DAYS)
    .map(({ date, units, effect, low, high }) => [
      date,
      formatCount(units),
      show(effect),
      ...(isBounded ? [low === null ? "too few people" : intervalCell(formatInterval(low, high, show))] : []),
    ]);
  return table(`${arm}, the last ${rows.length} days`, columns, rows);
}

function limits(rows: readonly ExperimentResultRow[]): Html {
  const codes = [...new Set(rows.flatMap(({ notes }) => notes?.split(",") ?? []))];
  if (codes.length === 0)
    return html`<p>Nothing is known to stand between these numbers and the truth but chance.</p>`;
  return html`<ul>${codes.map((code) => html`<li>${NOTE_WORDS[code] ?? code} <span class="soft">(${code})</span></li>`)}</ul>`;
}

function historyTable({ verdicts }: ExperimentReport): Html {
  const columns = [
    { title: "at (UTC)", isShort: true },
    { title: "arm" },
    { title: "look", isShort: true },
    { title: "said", isShort: true },
    { title: "because" },
    { title: "people", isNumber: true },
    { title: "data until", isShort: true },
  ];
  const rows = verdicts
    .toReversed()
    .slice(0, 50)
    .map((row) => [
      row.evaluated_at.slice(0, 16).replace("T", " "),
      armLabel(row),
      row.look === null ? "–" : `${row.look} of ${row.looks_planned}`,
      sayOf(row),
      html`${BECAUSE_WORDS[row.reason] ?? row.reason}`,
      formatCount(row.units === null ? null : Number(row.units)),
      row.last_date ?? "–",
    ]);
  return table("Newest first; nothing is taken back", columns, rows);
}
