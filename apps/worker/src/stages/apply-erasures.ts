import type { RunRequest } from "@lifecycle/contracts";
import { personalTables } from "@lifecycle/ingest";
import { rejectedRowTable } from "@lifecycle/warehouse";
import type { StageDeps } from "./deps.ts";

/** In a run that somebody asked for to erase people: takes their rows out of the raw tables, before anything is made from them. */
export async function applyErasures(deps: StageDeps, request: RunRequest): Promise<void> {
  if (request.trigger !== "erase") return;
  const { ledger, warehouse, tables } = deps;
  for (const erasure of await ledger.readErasures()) {
    const { id, needles, doneAt } = erasure;
    if (!needles || doneAt !== undefined) continue;
    const counts = { ...erasure.tables };
    for (const { table, columns } of personalTables([...tables, rejectedRowTable])) {
      const jobId = `erase__${id}__${request.runId}`;
      const { rows } = await warehouse.erase({ table, columns, needles, jobId });
      // A second try finds nothing left to erase: what the first one counted stays.
      if (rows > 0) counts[table] = Math.max(counts[table] ?? 0, rows);
      await ledger.writeErasure({ ...erasure, runId: request.runId, tables: counts });
    }
  }
}
