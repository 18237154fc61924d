import { formatEffect, formatInterval, formatLift, formatP } from "../format.ts";
import { type Portfolio, type PortfolioRow, portfolioOf } from "../portfolio.ts";
import type { Published, RecordedVerdict } from "../published.ts";
import { DECISION_ORDER, tallyVerdicts } from "../tally.ts";
import { sayOf } from "../words.ts";
import { renderChart, shortened } from "./chart.ts";
import { type ForestRow, forestPlot } from "./forest.ts";
import { type Html, html, page, table } from "./html.ts";
import { armLabel, newestVerdicts, reportFile } from "./report.ts";
import { STYLE } from "./style.ts";

const MAX_LINES = 40;

/** All experiments on one self-contained page: what to do now, corrected for there being many. */
export async function portfolioPage(published: Pick<Published, "results" | "verdicts">): Promise<string> {
  const portfolio = portfolioOf(published.results, published.verdicts);
  const verdicts = newestVerdicts(published.verdicts).toSorted(
    (a, b) =>
      DECISION_ORDER.indexOf(a.decision) - DECISION_ORDER.indexOf(b.decision) ||
      a.experiment_id.localeCompare(b.experiment_id),
  );
  const body = html`<header><h1>Experiments</h1>
<p class="soft">Every arm of every test found in campaigns, Canvases and files, judged on its newest data.</p></header>
<main>${counts(verdicts)}
<h2>What to do</h2>
${verdictTable(verdicts, portfolio)}
<h2>Effects to expect</h2>
<p>${usual(portfolio)} The best of many tests looks better than it is: an expected lift is the measured one pulled towards what is usual, the more the noisier it is. p over all tests keeps false discoveries among those below 0.05 under 5 %.</p>
${await expectedFigure(portfolio)}
${expectedTable(portfolio)}
</main>`;
  return page("Experiments", body, STYLE);
}

function counts(verdicts: readonly RecordedVerdict[]): Html {
  const tally = tallyVerdicts(verdicts);
  return html`<ul class="counts">${tally.map(({ say, arms }) => html`<li><b>${arms}</b>${say}</li>`)}</ul>`;
}

const link = (id: string, text: string) => html`<a href="${encodeURIComponent(reportFile(id))}">${text}</a>`;

function verdictTable(verdicts: readonly RecordedVerdict[], { rows }: Portfolio): Html {
  const kindOf = (verdict: RecordedVerdict) =>
    rows.find(({ row }) => row.experiment_id === verdict.experiment_id && row.arm_id === verdict.arm_id)?.row
      .metric_kind ?? "proportion";
  const columns = [
    { title: "experiment" },
    { title: "arm", isShort: true },
    { title: "say", isShort: true },
    { title: "difference", isNumber: true },
    { title: "deciding interval", isNumber: true },
    { title: "look again", isShort: true },
    { title: "why" },
  ];
  return table(
    "Newest verdict on every arm",
    columns,
    verdicts.map((verdict) => {
      const show = (value: number | null) => formatEffect(value, kindOf(verdict));
      return [
        link(verdict.experiment_id, verdict.experiment_name ?? verdict.experiment_id),
        verdict.arm_id === "all" ? "all" : armLabel(verdict),
        sayOf(verdict),
        show(verdict.effect),
        verdict.effect === null ? "–" : formatInterval(verdict.decision_low, verdict.decision_high, show),
        verdict.next_look_date ?? "–",
        html`<span class="soft">${verdict.reason}${verdict.problems ? ` (${verdict.problems})` : ""}</span>`,
      ];
    }),
  );
}

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
  return html`<figure>${chart}<figcaption>Thick: expected lift with its 95 % range after pulling towards the usual. Thin: as measured.${rest}</figcaption></figure>`;
}

function expectedRow({ row, expectedLift, expectedLiftSd }: PortfolioRow): ForestRow[] {
  const { effect, effect_low, effect_high, control_value } = row;
  if (effect === null || effect_low === null || effect_high === null || !control_value) return [];
  const scale = 1 / Math.abs(control_value);
  const centre = expectedLift ?? effect * scale;
  const half = expectedLiftSd === null ? null : 1.96 * expectedLiftSd;
  const low = half === null ? effect_low * scale : centre - half;
  const high = half === null ? effect_high * scale : centre + half;
  return [
    {
      label: shortened(`${row.experiment_name ?? row.experiment_id} · ${armLabel(row)}`, 34),
      estimate: centre,
      low,
      high,
      decisionLow: effect_low * scale,
      decisionHigh: effect_high * scale,
      margin: null,
      tone: low > 0 ? "good" : high < 0 ? "bad" : "plain",
    },
  ];
}

function expectedTable({ rows }: Portfolio): Html {
  const columns = [
    { title: "experiment" },
    { title: "arm", isShort: true },
    { title: "lift measured", isNumber: true },
    { title: "lift to expect", isNumber: true },
    { title: "p", isNumber: true },
    { title: "p over all tests", isNumber: true },
  ];
  return table(
    "Lifts, measured and to expect",
    columns,
    ranked(rows).map(({ row, expectedLift, discoveryP }) => [
      link(row.experiment_id, row.experiment_name ?? row.experiment_id),
      armLabel(row),
      formatLift(row.lift),
      formatLift(expectedLift),
      formatP(row.adjusted_p),
      formatP(discoveryP),
    ]),
  );
}
