import { join } from "node:path";
import type { QueryTarget } from "@lifecycle/warehouse";
import type { Session } from "./session.ts";
import { formatTable } from "./terminal.ts";
import { withWarehouse } from "./warehouse-access.ts";

/** What a run over Braze found, from the published tables, and where it lies. */
export async function printFindings(session: Session): Promise<void> {
  await withWarehouse(session, async (warehouse) => {
    const { terminal } = session;
    const ask = asker(session, warehouse);
    terminal.line();
    terminal.line("What it found");
    terminal.line(
      await ask(
        ["", "objects", "days", "sent", "entries", "conversions", "revenue"],
        `select 'campaigns', count(distinct campaign_id), count(distinct activity_date), sum(sent), null, sum(conversions), sum(revenue) from {ds}.agg_campaign_daily
         union all
         select 'Canvases', count(distinct canvas_id), count(distinct activity_date), null, sum(entries), sum(conversions), sum(revenue) from {ds}.agg_canvas_daily`,
      ),
    );
    terminal.line();
    terminal.line("Verdicts of variants against their control, on conversions");
    terminal.line(
      await ask(
        ["verdict", "variants", "experiments"],
        `select coalesce(verdict, 'control'), count(*), count(distinct experiment_id) from {ds}.exp_result
         where is_control = false and metric = 'conversion' and segment = 'all' group by 1 order by 2 desc`,
      ),
    );
  });
  printPlaces(session);
}

/** What one pipeline of a file found. */
export async function printPipelineFindings(session: Session, pipeline: string): Promise<void> {
  if (pipeline === "braze") return printFindings(session);
  await withWarehouse(session, async (warehouse) => {
    const { terminal } = session;
    const ask = asker(session, warehouse);
    terminal.line();
    const results = await ask(
      ["metric", "arm", "units", "value", "effect", "z", "p", "verdict"],
      `select metric, arm_name, n, value, effect, z, p_value, coalesce(verdict, 'control') from {ds}.exp_result
       where ends_with(experiment_id, '__file__${pipeline}') and segment = 'all' order by metric, is_control desc, arm_name`,
    );
    terminal.line(results);
    if (pipeline === "event-stream")
      terminal.line(
        await ask(
          ["event", "count"],
          "select event_type, event_count from {ds}.agg_event_type order by 2 desc",
        ),
      );
  });
  printPlaces(session);
}

function asker(session: Session, warehouse: QueryTarget) {
  return async (header: readonly string[], sql: string): Promise<string> => {
    const { rows } = await warehouse.query(sql.replaceAll("{ds}", session.settings.warehouse.dataset), {
      maxRows: 1_000,
    });
    return rows.length === 0 ? "" : indent(formatTable(header, rows));
  };
}

function printPlaces({ settings, terminal }: Session): void {
  terminal.line();
  terminal.line("Where it is");
  terminal.line(`  ${join(settings.output.path, "lifecycle_metrics.json")}`);
  terminal.line(`  ${join(settings.output.path, "experiment_summary.csv")}`);
  terminal.line(`  ${join(settings.output.path, "tables")}/*.parquet, for any BI tool`);
  terminal.line('  npx --no lifecycle query "select * from agg_campaign_daily limit 5"');
}

function indent(text: string): string {
  return text.replace(/^/gm, "  ");
}
