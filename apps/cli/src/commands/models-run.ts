import { type CompiledModel, type ModelOutcome, SCHEMA_HELD } from "@lifecycle/transform";
import { followModels } from "../models/follow-models.ts";
import { chosenModels, openCheckedModels, type SelectFlags } from "../models/open-models.ts";
import type { Session } from "../session.ts";
import { dryRun } from "./models-dry-run.ts";

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
  return flags.dryRun ? dryRun(session, models, chosen, flags) : build(session, chosen, flags);
}

async function build(
  session: Session,
  chosen: readonly CompiledModel[],
  flags: RunModelsFlags,
): Promise<number> {
  const { terminal, settings } = session;
  const select = chosen.map(({ name }) => name);
  const wanted = new Set(select);
  const done: ModelOutcome[] = [];
  const models = { select, ...(flags.fullRefresh ? { fullRefresh: true } : {}) };
  const { settled } = await followModels(session, { models, trigger: "cli" }, (outcome) => {
    if (!wanted.has(outcome.name)) return; // the tables about the fleet itself, which every run brings up to date
    done.push(outcome);
    for (const line of describeModel(outcome, done.length, select.length)) terminal.line(line);
  });
  const of = (status: ModelOutcome["status"]) => done.filter((outcome) => outcome.status === status).length;
  const held = settled.missing.filter(({ code }) => code === SCHEMA_HELD);
  for (const letter of held) terminal.line(`HELD  ${letter.message}`);
  if (of("failed") === 0)
    for (const letter of settled.missing)
      if (letter.code !== SCHEMA_HELD) terminal.line(`ERROR ${letter.message}`);
  const kept = new Set(held.map(({ objectName }) => objectName));
  const sound = new Set(
    done.flatMap(({ name, status }) =>
      (status === "built" || status === "unchanged") && !kept.has(name) ? [name] : [],
    ),
  );
  const published =
    settled.status === "failed"
      ? 0
      : chosen.filter((model) => model.published && sound.has(model.name)).length;
  const skipped = of("blocked") + select.length - done.length;
  const heldText = held.length === 0 ? "" : `, ${held.length} held`;
  terminal.line(
    `Done. OK=${of("built")} KEPT=${of("unchanged")} ERROR=${of("failed")} SKIP=${skipped} TOTAL=${select.length}; ${published} published${heldText}`,
  );
  if (!chosen.some((model) => model.published) && of("built") > 0)
    terminal.line(
      `None of them is published (\`meta: { published: true }\` in its YAML does that): read ${settings.warehouse.dataset}_build.${select.at(-1)}`,
    );
  // As with dbt, one model that fails is a failure, also where the others are published.
  return settled.status === "complete" ? 0 : 1;
}

const WORDS = { built: "OK", unchanged: "KEPT", failed: "ERROR", blocked: "SKIP" } as const;

/** `3 of 12 OK    agg_campaign_daily  4,312 rows in 0.2 s (3 days: …)`, and a line for each test that does not hold. */
function describeModel(outcome: ModelOutcome, index: number, total: number): string[] {
  const { name, rows, ms, status, reason, partitions, error } = outcome;
  const bad = outcome.tests.filter(({ failures }) => failures > 0);
  const place = `${String(index).padStart(String(total).length)} of ${total} ${WORDS[status].padEnd(5)} ${name}`;
  if (status === "unchanged" || status === "blocked") return [`${place}  ${reason}`];
  const part = partitions === undefined ? "" : `${partitions.length} days, `;
  const size = `${rows.toLocaleString("en-US")} ${rows === 1 ? "row" : "rows"} in ${(ms / 1000).toFixed(1)} s`;
  return [
    `${place}  ${size} (${part}${reason})`,
    ...(error && bad.length === 0 ? [`      ${error.message}`] : []),
    ...bad.map(
      (test) => `      ${test.severity === "error" ? "FAIL" : "WARN"} ${test.failures} ${test.name}`,
    ),
  ];
}
