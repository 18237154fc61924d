import { InputError } from "@lifecycle/contracts";
import {
  type CompiledProject,
  decideSchema,
  describeChange,
  isBreaking,
  pendingTables,
  type SchemaDecision,
  selectModels,
} from "@lifecycle/transform";
import { datasetsOf } from "@lifecycle/warehouse";
import { followModels } from "../models/follow-models.ts";
import { knownBuilds } from "../models/known-builds.ts";
import { openModels } from "../models/open-models.ts";
import type { Session } from "../session.ts";
import { formatTable } from "../terminal.ts";
import { withWarehouse } from "../warehouse-access.ts";

/**
 * `lifecycle models release [table…]`: publishes tables that were kept back because a column was dropped or changed its type, and what was
 * made from them. Without a table it lists what waits. Returns the exit code.
 */
export async function releaseModels(session: Session, tables: readonly string[]): Promise<number> {
  const { own } = await openModels(session);
  for (const table of tables) selectModels(own, table); // an unknown name is told before anything is asked
  const waiting = await keptBack(session, own);
  if (tables.length === 0) return listKept(session, waiting);
  for (const table of tables) mustWait(table, waiting);
  return release(session, own, tables, waiting);
}

/** Tables that are built, passed their tests and would be published but for their columns. */
async function keptBack(session: Session, { models }: CompiledProject): Promise<SchemaDecision[]> {
  const published = models.filter((model) => model.published).map(({ name }) => name);
  const pending = await withWarehouse(session, async (warehouse) => {
    const builds = await knownBuilds(session, warehouse);
    return pendingTables(warehouse, datasetsOf(session.settings.warehouse.dataset), builds, published);
  });
  return decideSchema(models, pending, "hold").filter(({ outcome }) => outcome !== "applied");
}

function listKept({ terminal }: Session, waiting: readonly SchemaDecision[]): number {
  if (waiting.length === 0) {
    terminal.line("No table waits to be released.");
    return 0;
  }
  const rows = waiting.map((decision) => [decision.table, reasonOf(decision)]);
  terminal.line(formatTable(["kept back", "because"], rows));
  terminal.line("`lifecycle models release <table>` publishes it, and what was made from it.");
  return 0;
}

function reasonOf({ changes, waitsFor }: SchemaDecision): string {
  if (waitsFor !== undefined) return `it was made from ${waitsFor}`;
  return changes.filter(isBreaking).map(describeChange).join(", ");
}

function mustWait(table: string, waiting: readonly SchemaDecision[]): void {
  const decision = waiting.find((one) => one.table === table);
  const { waitsFor } = decision ?? {};
  if (decision && waitsFor === undefined) return;
  throw new InputError(
    "transform.release",
    decision
      ? `${table} breaks no reader itself, it was made from ${waitsFor}: lifecycle models release ${waitsFor}`
      : `${table} does not wait to be released: no column of its newest build was dropped or changed its type`,
  );
}

async function release(
  session: Session,
  own: CompiledProject,
  tables: readonly string[],
  waiting: readonly SchemaDecision[],
): Promise<number> {
  const { terminal, ledger } = session;
  for (const decision of waiting)
    if (tables.includes(decision.table)) terminal.line(`${decision.table}: ${reasonOf(decision)}`);
  const select = selectModels(own, tables.map((table) => `${table}+`).join(" "));
  const models = { select, acceptSchema: [...tables] };
  const { request, settled } = await followModels(session, { models, trigger: "cli" });
  for (const { message } of settled.missing) terminal.line(message);
  const published = (await ledger.readStage(request.runId, "publish"))?.summary?.tables;
  const about = new Set(select);
  const done = (Array.isArray(published) ? published.map(String) : []).filter((table) => about.has(table));
  terminal.line(`Published: ${done.join(", ") || "nothing"}`);
  return settled.status === "complete" ? 0 : 1;
}
