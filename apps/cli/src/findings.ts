import type { PipelineConfig } from "@lifecycle/contracts";
import { readPublished, readTally, type Tally } from "@lifecycle/experiments";
import { loadPipelines } from "@lifecycle/runtime";
import { datasetsOf, type QueryTarget } from "@lifecycle/warehouse";
import { printPlaces } from "./places.ts";
import { resultTable } from "./result-table.ts";
import type { Session } from "./session.ts";
import { formatTable, indented } from "./terminal.ts";
import { withWarehouse } from "./warehouse-access.ts";

/** What a run found, from the published tables, and where it lies. */
export async function printFindings(session: Session, pipelineName: string): Promise<void> {
  const pipeline = loadPipelines(session.settings).get(pipelineName);
  const experiments = pipeline?.kind === "file" ? pipeline.experiments.map(({ id }) => id) : [];
  await withWarehouse(session, async (warehouse) => {
    if (pipeline?.kind !== "file") await printBraze(session, warehouse);
    for (const id of experiments) await printExperiment(session, warehouse, id);
    if (pipelineName === "event-stream")
      await printQuery(
        session,
        warehouse,
        ["event", "count"],
        "select event_type, event_count from {ds}.agg_event_type order by 2 desc",
      );
  });
  printPlaces(session, exampleOf(pipeline));
}

function exampleOf(pipeline: PipelineConfig | undefined): string {
  if (pipeline?.kind !== "file") return "agg_campaign_daily";
  return pipeline.experiments.length > 0 ? "exp_result" : "agg_event_type";
}

async function printBraze(session: Session, warehouse: QueryTarget): Promise<void> {
  const { terminal, settings } = session;
  terminal.line("\nWhat it found");
  await printQuery(
    session,
    warehouse,
    ["", "objects", "days", "sent", "entries", "conversions", "revenue"],
    `select 'campaigns', count(distinct campaign_id), count(distinct activity_date), sum(sent), null, sum(conversions), sum(revenue) from {ds}.agg_campaign_daily
     union all
     select 'Canvases', count(distinct canvas_id), count(distinct activity_date), null, sum(entries), sum(conversions), sum(revenue) from {ds}.agg_canvas_daily`,
  );
  const tally = await readTally({
    query: warehouse.query.bind(warehouse),
    datasets: datasetsOf(settings.warehouse.dataset),
  });
  terminal.line("\nWhat to do about the variants of all A/B tests, each against its control");
  terminal.line(indented(tallyTable(tally)));
}

/** How many arms which decision is said of, as it is on the page and in `lifecycle_metrics.json`. */
export function tallyTable(tally: readonly Tally[]): string {
  const rows = tally.map(({ decision, say, arms, experiments }) => [decision, say, arms, experiments]);
  return formatTable(["decision", "in words", "variants", "tests"], rows);
}

async function printExperiment(session: Session, warehouse: QueryTarget, own: string): Promise<void> {
  const { terminal, settings } = session;
  const source = {
    query: warehouse.query.bind(warehouse),
    datasets: datasetsOf(settings.warehouse.dataset),
  };
  for (const workspace of Object.keys(settings.workspaces)) {
    const id = `${workspace}__file__${own}`;
    const { results, verdicts } = await readPublished(source, id);
    if (results.length === 0) continue;
    terminal.line(`\n${results[0]?.experiment_name ?? own} (lifecycle experiments show ${id})`);
    const everybody = results.filter(({ segment }) => segment === "all");
    terminal.line(indented(resultTable(everybody)));
    for (const { is_newest, decision, explanation } of verdicts)
      if (is_newest) terminal.line(`  ${decision}: ${explanation}`);
  }
}

async function printQuery(
  { settings, terminal }: Session,
  warehouse: QueryTarget,
  header: readonly string[],
  sql: string,
): Promise<void> {
  const asked = sql.replaceAll("{ds}", settings.warehouse.dataset);
  const { rows } = await warehouse.query(asked, { maxRows: 1_000 });
  if (rows.length > 0) terminal.line(indented(formatTable(header, rows)));
}
