import { MODELS_PIPELINE } from "@lifecycle/contracts";
import type { CompiledModel, ModelOutcome } from "@lifecycle/transform";
import { bigquerySettings, bytesProcessed } from "@lifecycle/warehouse";
import { followModels } from "../models/follow-models.ts";
import { chosenModels, type Models, openCheckedModels, type SelectFlags } from "../models/open-models.ts";
import { writeCompiled } from "../models/write-compiled.ts";
import { RUN_EXIT } from "../outcome.ts";
import type { Session } from "../session.ts";
import { formatTable } from "../terminal.ts";

export interface RunModelsFlags extends SelectFlags {
  fullRefresh?: boolean;
  dryRun?: boolean;
}

/**
 * `lifecycle models run`: builds and tests the models, then publishes those that are published. Every model of the tree is checked
 * first, so that a mistake stops before anything is built. Returns the exit code.
 */
export async function runModelsCommand(session: Session, flags: RunModelsFlags): Promise<number> {
  const { terminal, settings } = session;
  const models = await openCheckedModels(session);
  const names = await chosenModels(session, models.own, flags);
  const chosen = models.own.models.filter(
    ({ name, materialized }) => names.includes(name) && materialized !== "ephemeral",
  );
  const engine = settings.warehouse.engine === "duckdb" ? "DuckDB" : "BigQuery";
  terminal.line(
    `${engine}, dataset ${settings.warehouse.dataset}: ${chosen.length} of ${models.own.models.length} models selected`,
  );
  if (chosen.length === 0) {
    terminal.line("Nothing to do.");
    return 0;
  }
  return flags.dryRun ? dryRun(session, models, chosen) : build(session, chosen, flags);
}

async function build(
  session: Session,
  chosen: readonly CompiledModel[],
  flags: RunModelsFlags,
): Promise<number> {
  const { terminal, settings, user } = session;
  const select = chosen.map(({ name }) => name);
  const wanted = new Set(select);
  const done: ModelOutcome[] = [];
  const { settled } = await followModels(
    session,
    {
      workspace: Object.keys(settings.workspaces)[0]!,
      pipeline: MODELS_PIPELINE,
      window: "all",
      trigger: "cli",
      requestedBy: user,
      priority: 0,
      models: { select, ...(flags.fullRefresh ? { fullRefresh: true } : {}) },
    },
    (outcome) => {
      if (!wanted.has(outcome.name)) return; // the tables about the fleet itself, which every run brings up to date
      done.push(outcome);
      for (const line of describeModel(outcome, done.length, select.length)) terminal.line(line);
    },
  );
  const isBad = (outcome: ModelOutcome) =>
    outcome.tests.some(({ failures, severity }) => failures > 0 && severity === "error");
  const failed = done.filter(isBad).length;
  for (const letter of settled.missing) terminal.line(`ERROR ${letter.message}`);
  const published = settled.status === "failed" ? 0 : chosen.filter((model) => model.published).length;
  terminal.line(
    `Done. OK=${done.length - failed} ERROR=${settled.status === "failed" ? Math.max(failed, 1) : failed} SKIP=${select.length - done.length} TOTAL=${select.length}; ${published} published`,
  );
  return RUN_EXIT[settled.status];
}

/** `3 of 12 OK    agg_campaign_daily  4,312 rows in 0.2 s`, and a line for each test that does not hold. */
function describeModel(outcome: ModelOutcome, index: number, total: number): string[] {
  const bad = outcome.tests.filter(({ failures }) => failures > 0);
  const state = bad.some(({ severity }) => severity === "error") ? "FAIL" : bad.length > 0 ? "WARN" : "OK";
  const place = `${String(index).padStart(String(total).length)} of ${total}`;
  return [
    `${place} ${state.padEnd(5)} ${outcome.name}  ${outcome.rows.toLocaleString("en-US")} rows in ${(outcome.ms / 1000).toFixed(1)} s`,
    ...bad.map(
      ({ name, severity, failures }) => `      ${severity === "error" ? "FAIL" : "WARN"} ${failures} ${name}`,
    ),
  ];
}

/** What a run would do, in which order; nothing is built. */
async function dryRun(session: Session, models: Models, chosen: readonly CompiledModel[]): Promise<number> {
  const { terminal, settings } = session;
  const names = chosen.map(({ name }) => name);
  const folder = await writeCompiled(session, models, names, undefined);
  const isBigquery = settings.warehouse.engine === "bigquery";
  const bytes = isBigquery ? await bytesOf(session, chosen) : new Map<string, number | undefined>();
  const rows = chosen.map(({ name, materialized, published }, i) => [
    i + 1,
    name,
    materialized,
    published ? "yes" : "",
    ...(isBigquery
      ? [bytes.get(name)?.toLocaleString("en-US") ?? "not known: its inputs are not built"]
      : []),
  ]);
  terminal.line(
    formatTable(["", "model", "kept as", "published", ...(isBigquery ? ["bytes read"] : [])], rows),
  );
  if (isBigquery) {
    const known = [...bytes.values()].filter((value) => value !== undefined);
    const sum = known.reduce((total, value) => total + value, 0);
    terminal.line(`${sum.toLocaleString("en-US")} bytes in ${known.length} of ${chosen.length} models`);
  }
  terminal.line(`Dry run: nothing was built. The SQL of both engines is in ${folder}`);
  return 0;
}

async function bytesOf(
  { settings }: Session,
  chosen: readonly CompiledModel[],
): Promise<Map<string, number | undefined>> {
  const found = await bytesProcessed(
    bigquerySettings(settings),
    chosen.map(({ sql }) => sql),
  );
  return new Map(chosen.map(({ name }, i) => [name, found[i]]));
}
