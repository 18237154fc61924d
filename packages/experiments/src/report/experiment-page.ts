import { formatCount, formatEffect, formatInterval, formatLift, formatP, formatValue } from "../format.ts";
import type { ExperimentResultRow } from "../result.ts";
import { sayOf } from "../words.ts";
import {
  type CumulativeFigure,
  cumulativeFigures,
  forestFigure,
  funnelFigure,
  funnelSteps,
  progressFigure,
  splitFigure,
} from "./experiment-charts.ts";
import { type Html, html, page, table } from "./html.ts";
import { lookSection } from "./look-figures.ts";
import { NOTE_WORDS, REASON_WORDS } from "./plain-words.ts";
import { exactPosterior } from "./posterior.ts";
import { armLabel, type ExperimentReport, newestVerdicts } from "./report.ts";
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
  const body = html`<header><p class="soft"><a href="index.html">All experiments</a></p>
<h1>${name}</h1>${subtitle(report, overall[0])}</header>
<main>${verdictCards(report)}
${await progressFigure(report)}
<h2>Numbers</h2>
${await forestFigure("effects", overall, (row) => `${row.metric} · ${armLabel(row)}`, FOREST_WORDS)}
${numbersTable("Every arm by every metric", overall)}
${posteriorTable(overall)}
${omnibus(results)}
${await lookSection(report)}
${cumulative.length > 0 ? html`<h2>Effect over time</h2>${cumulative.map(({ figure }) => figure)}${cumulative.map(cumulativeTable)}` : null}
${groups.length > 0 ? html`<h2>Groups</h2><p class="soft">Named beforehand, exploratory: corrected for being several, and not what decides.</p>${await forestFigure("groups", groups, (row) => `${row.segment} · ${armLabel(row)}`, FOREST_WORDS)}${numbersTable("Groups", groups)}` : null}
<h2>Split</h2>
${await splitFigure(report, main)}
${healthTable(report)}
<h2>Funnel</h2>
${await funnelFigure(steps)}
${table(
  "Funnel of each arm",
  [
    { title: "arm" },
    { title: "step" },
    { title: "count", isNumber: true },
    { title: "share", isNumber: true },
  ],
  steps.map(({ arm, step, count, share }) => [
    arm,
    step,
    formatCount(count),
    `${(100 * share).toFixed(1)} %`,
  ]),
)}
<h2>What these numbers cannot know</h2>
${limits(overall)}
<h2>What was said, and when</h2>
${historyTable(report)}
</main>`;
  return page(`${name} · experiment`, body, STYLE);
}

const FOREST_WORDS =
  "Thick: 95 % interval of this comparison alone. Thin: the interval that decides, for all arms and all looks. A dashed line is a guardrail's margin.";

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
    ) => html`<section class="verdict ${verdict.decision}"><h3>${armLabel({ ...verdict, arm_id: verdict.arm_id === "all" ? "All arms" : verdict.arm_id })}</h3>
<p class="say">${sayOf(verdict)}${verdict.is_winner && newest.length > 1 ? " (the best)" : ""}</p>
<p>${verdict.explanation}</p>
<p class="soft">${verdict.decision} / ${verdict.reason}${verdict.problems ? ` / ${verdict.problems}` : ""}</p></section>`,
  );
  return html`<div class="verdicts">${cards}</div>`;
}

function numbersTable(caption: string, rows: readonly ExperimentResultRow[]): Html {
  const titles = [
    "value",
    "difference",
    "95 % interval",
    "deciding interval",
    "lift",
    "p",
    "p, corrected",
    "chance of better",
    "brought",
  ];
  const columns = [
    { title: "metric" },
    { title: "arm", isShort: true },
    { title: "people", isNumber: true },
    ...titles.map((title) => ({ title, isNumber: true })),
    { title: "verdict", isText: true },
  ];
  return table(caption, columns, rows.map(numberCells));
}

function numberCells(row: ExperimentResultRow) {
  const kind = row.metric_kind;
  const show = (value: number | null) => formatEffect(value, kind);
  const metric =
    row.segment === "all" ? `${row.metric}${row.role === "secondary" ? "" : ` (${row.role})`}` : row.segment;
  const known = [
    metric,
    armLabel(row),
    formatCount(row.n === null ? null : Number(row.n)),
    formatValue(row.value, kind),
  ];
  if (row.status !== "estimated") {
    const why = row.is_control ? "control" : (REASON_WORDS[row.reason ?? ""] ?? row.reason);
    return [...known, "–", "–", "–", "–", "–", "–", "–", "–", why];
  }
  const guardrail = row.guardrail ? ` (guardrail ${row.guardrail})` : "";
  return [
    ...known,
    show(row.effect),
    formatInterval(row.effect_low, row.effect_high, show),
    formatInterval(row.decision_low, row.decision_high, show),
    formatLift(row.lift),
    formatP(row.p_value, row.logp),
    formatP(row.family_p),
    row.chance_to_win === null ? "–" : chance(row.chance_to_win),
    row.incremental === null
      ? "–"
      : formatEffect(kind === "proportion" ? Math.round(row.incremental) : row.incremental, "count"),
    `${row.verdict ?? ""}${guardrail}`,
  ];
}

/** A probability that is never shown as certain. */
const chance = (value: number) =>
  value > 0.999 ? "over 99.9 %" : value < 0.001 ? "under 0.1 %" : `${(100 * value).toFixed(1)} %`;

/** What is believed of each rate after these counts, computed exactly from a flat start: for reading, never for stopping. */
function posteriorTable(rows: readonly ExperimentResultRow[]): Html | null {
  const known = rows.flatMap((row) => exactPosterior(row) ?? []);
  if (known.length === 0) return null;
  const columns = [
    { title: "metric" },
    { title: "arm", isShort: true },
    ...[
      "chance to be better",
      "chance to be worse",
      "loss if shipped and worse",
      "its rate, 95 %",
      "control, 95 %",
    ].map((title) => ({ title, isNumber: true })),
  ];
  const rate = (value: number | null) => formatValue(value, "proportion");
  return table(
    "What to believe of the rates, exactly (flat prior); looked at daily it says too much, so it decides nothing",
    columns,
    known.map(({ row, better, worse, loss, own, control }) => [
      row.metric,
      armLabel(row),
      chance(better),
      chance(worse),
      loss < 1e-6 ? "next to nothing" : formatEffect(loss, "proportion"),
      formatInterval(own[0], own[1], rate),
      formatInterval(control[0], control[1], rate),
    ]),
  );
}

function omnibus(results: readonly ExperimentResultRow[]): Html | null {
  const row = results.find(({ arm_id, status }) => arm_id === "all" && status === "estimated");
  return row
    ? html`<p>Without a control only one question can be asked: do the arms differ at all on ${row.metric}? χ² = ${row.chi2?.toFixed(2)} on ${row.df} degrees of freedom, p ${formatP(row.p_value, row.logp)}.</p>`
    : null;
}

const TABLE_DAYS = 14;

function cumulativeTable({ arm, points }: CumulativeFigure): Html {
  const show = (value: number | null) => formatEffect(value, "proportion");
  const columns = [
    { title: "until", isShort: true },
    { title: "people", isNumber: true },
    { title: "difference", isNumber: true },
    { title: "deciding interval", isNumber: true },
  ];
  const rows = points
    .slice(-TABLE_DAYS)
    .map(({ date, units, effect, low, high }) => [
      date,
      formatCount(units),
      show(effect),
      formatInterval(low, high, show),
    ]);
  return table(`${arm}, the last ${rows.length} days`, columns, rows);
}

function healthTable({ health }: ExperimentReport): Html {
  const columns = [
    { title: "check" },
    { title: "status" },
    { title: "found" },
    { title: "value", isNumber: true },
  ];
  const rows = health.map(({ check_name, status, code, detail, value }) => [
    check_name,
    html`<span class="${status}">${status.replace("_", " ")}${code && status !== "pass" ? html` (${code})` : null}</span>`,
    detail,
    value === null ? "–" : Number(Number(value).toPrecision(3)),
  ]);
  return table("Checks, made before any number is believed", columns, rows);
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
    { title: "said" },
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
      row.decision,
      row.reason,
      formatCount(row.units === null ? null : Number(row.units)),
      row.last_date ?? "–",
    ]);
  return table("Newest first; nothing is taken back", columns, rows);
}
