import type { Decision } from "@lifecycle/stats";
import { formatCount, formatEffect, formatInterval, formatLift, formatP } from "../format.ts";
import { type Portfolio, type PortfolioRow, portfolioOf } from "../portfolio.ts";
import type { Published, RecordedVerdict } from "../published.ts";
import { DECISION_ORDER, tallyVerdicts } from "../tally.ts";
import { sayOf } from "../words.ts";
import { renderChart, rowLabel } from "./chart.ts";
import { type ForestRow, forestPlot } from "./forest.ts";
import { type Html, html, intervalCell, page, table } from "./html.ts";
import { BECAUSE_WORDS } from "./plain-words.ts";
import { armLabel, classOf, newestVerdicts, otherProblems, reportFile } from "./report.ts";
import { STYLE } from "./style.ts";

const MAX_LINES = 40;

/** All experiments on one self-contained page: what to do now, corrected for there being many. */
export async function portfolioPage(published: Pick<Published, "results" | "verdicts">): Promise<string> {
  const all = portfolioOf(published.results, published.verdicts);
  // What is broken has no effect to expect.
  const sound = all.rows.filter(({ verdict }) => verdict?.decision !== "invalid");
  const portfolio = { ...all, rows: sound };
  const broken = all.rows.length - sound.length;
  const verdicts = newestVerdicts(published.verdicts).toSorted(
    (a, b) =>
      DECISION_ORDER.indexOf(a.decision) - DECISION_ORDER.indexOf(b.decision) ||
      nameOf(a).localeCompare(nameOf(b)) ||
      a.experiment_id.localeCompare(b.experiment_id) ||
      armLabel(a).localeCompare(armLabel(b), "en", { numeric: true }),
  );
  const body = html`<header><h1>Experiments</h1>
<p class="soft">Every arm of every test found in campaigns, Canvases and files, judged on its newest data.</p></header>
<main>${counts(verdicts)}
<h2>What to do</h2>
${verdictTable(verdicts, all)}
<h2>Effects to expect</h2>
<p>${usual(portfolio)} The best of many tests looks better than it is: an expected lift is the measured one pulled towards what is usual, the more the noisier it is. "p over all tests" is for one reading of this page: among those below 0.05 at most 5 % are false discoveries. It decides nothing; that is done test by test, above.${broken > 0 ? ` ${broken} arms of tests that are broken are left out.` : ""}</p>
${await expectedFigure(portfolio)}
${expectedTable(portfolio)}
</main>`;
  return page("Experiments", body, STYLE);
}

const nameOf = (row: { experiment_name: string | null; experiment_id: string }) =>
  row.experiment_name ?? row.experiment_id;

function counts(verdicts: readonly RecordedVerdict[]): Html {
  const tally = tallyVerdicts(verdicts);
  return html`<ul class="counts">${tally.map(({ say, arms }) => html`<li><b>${arms}</b>${say}</li>`)}</ul>`;
}

const link = (id: string, text: string) => html`<a href="${encodeURIComponent(reportFile(id))}">${text}</a>`;

function verdictTable(verdicts: readonly RecordedVerdict[], { rows }: Portfolio): Html {
  const kindOf = (verdict: RecordedVerdict) =>
    verdict.metric_kind ??
    rows.find(({ row }) => row.experiment_id === verdict.experiment_id && row.arm_id === verdict.arm_id)?.row
      .metric_kind ??
    "proportion";
  const columns = [
    { title: "experiment" },
    { title: "arm", isText: true },
    { title: "what to do", isShort: true },
    { title: "because", isText: true },
    { title: "look again", isShort: true },
    { title: "difference", isNumber: true },
    { title: "deciding interval", isInterval: true },
  ];
  return table(
    "Newest verdict on every arm",
    columns,
    verdicts.map((verdict) => {
      const show = (value: number | null) => formatEffect(value, kindOf(verdict));
      return [
        link(verdict.experiment_id, nameOf(verdict)),
        verdict.arm_id === "all" ? "all" : armLabel(verdict),
        html`<span class="say ${classOf(verdict)}">${sayOf(verdict)}</span>`,
        [
          BECAUSE_WORDS[verdict.reason] ?? verdict.reason,
          ...missing(verdict),
          ...otherProblems(verdict),
        ].join(", "),
        verdict.next_look_date ?? (isFarOff(verdict) ? "far off" : "–"),
        show(verdict.effect),
        hasInterval(verdict)
          ? intervalCell(formatInterval(verdict.decision_low, verdict.decision_high, show))
          : "–",
      ];
    }),
  );
}

/** More people are needed than come in the time that is looked ahead: no day can be named. */
const isFarOff = ({ decision, reason, next_look_date, units_needed }: RecordedVerdict) =>
  decision === "keep_running" &&
  reason === "collecting" &&
  next_look_date === null &&
  Number(units_needed ?? 0) > 0;

const missing = (verdict: RecordedVerdict): string[] =>
  isFarOff(verdict) ? [`about ${formatCount(Number(verdict.units_needed))} more people per arm needed`] : [];

const hasInterval = ({ effect, decision_low, decision_high }: RecordedVerdict) =>
  effect !== null && (decision_low !== null || decision_high !== null);

function usual({ usualLift, usualSpread, rows }: Portfolio): string {
  if (usualLift === null || usualSpread === null)
    return `Only ${rows.length} arms can be compared: too few to say what is usual.`;
  return `Over ${rows.length} arms the usual true lift is ${formatLift(usualLift)}, give or take ${(100 * usualSpread).toFixed(1)} points.`;
}

/** Largest expected lifts first. */
const ranked = (rows: readonly PortfolioRow[]) =>
  rows.toSorted((a, b) => (b.expectedLift ?? b.row.lift ?? -9) - (a.expectedLift ?? a.row.lift ?? -9));

async function expectedFigure({ rows }: Portfolio): Promise<Html | null> {
  const lines = ranked(rows).slice(0, MAX_LINES).flatMap(expectedRow);
  if (lines.length === 0) return null;
  const words = lines.map(({ label, estimate }) => `${label}: ${formatLift(estimate)}`);
  const chart = await renderChart((shape) => forestPlot(lines, "lift over the control", shape), {
    id: "portfolio",
    title: "Lifts to expect",
    description: `${words.join("; ")}.`,
  });
  const rest =
    rows.length > MAX_LINES
      ? ` The ${MAX_LINES} largest of ${rows.length}; all of them are in the table.`
      : "";
  return html`<figure>${chart}<figcaption>Thick: expected lift with its 95 % range after pulling towards the usual. Thin: as measured. Green is said to be shipped, red to be stopped.${rest}</figcaption></figure>`;
}

/** Coloured by what is said: a range beyond zero is no verdict. */
const TONES: Partial<Record<Decision, ForestRow["tone"]>> = { ship: "good", stop_harm: "bad" };

function expectedRow({ row, verdict, expectedLift, expectedLiftSd }: PortfolioRow): ForestRow[] {
  const { effect, effect_low, effect_high, control_value } = row;
  if (effect === null || effect_low === null || effect_high === null || !control_value) return [];
  const scale = 1 / Math.abs(control_value);
  const centre = expectedLift ?? effect * scale;
  const half = expectedLiftSd === null ? null : 1.96 * expectedLiftSd;
  const low = half === null ? effect_low * scale : centre - half;
  const high = half === null ? effect_high * scale : centre + half;
  return [
    {
      label: rowLabel(nameOf(row), armLabel(row)),
      estimate: centre,
      low,
      high,
      decisionLow: effect_low * scale,
      decisionHigh: effect_high * scale,
      margin: null,
      tone: (verdict && TONES[verdict.decision]) ?? "plain",
    },
  ];
}

function expectedTable({ rows }: Portfolio): Html {
  const columns = [
    { title: "experiment" },
    { title: "arm", isText: true },
    { title: "lift measured", isNumber: true },
    { title: "lift to expect", isNumber: true },
    { title: "p", isNumber: true },
    { title: "p over all tests", isNumber: true },
  ];
  return table(
    "Lifts, measured and to expect",
    columns,
    ranked(rows).map(({ row, expectedLift, discoveryP }) => [
      link(row.experiment_id, nameOf(row)),
      armLabel(row),
      formatLift(row.lift),
      formatLift(expectedLift),
      formatP(row.adjusted_p),
      formatP(discoveryP),
    ]),
  );
}
