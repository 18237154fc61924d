import type { SettledRun } from "@lifecycle/contracts";
import { requestRun, type WantedRun } from "@lifecycle/ingest";
import { type Installation, until } from "./installation.ts";

/** Asks for a run over Braze the way every front door does, through the ledger; answers its id. */
export async function ask(
  at: Installation,
  window: { from: string; until: string },
  more: Partial<WantedRun> = {},
): Promise<string> {
  const { request } = await requestRun(
    at.ledger,
    {
      workspace: "main",
      pipeline: "braze",
      window,
      trigger: "api",
      requestedBy: "a test",
      priority: 0,
      ...more,
    },
    new Date(),
  );
  return request.runId;
}

export async function settled(at: Installation, runId: string, ms = 300_000): Promise<SettledRun> {
  return until(() => at.ledger.readSettled(runId), `the end of ${runId}`, ms);
}

/** Waits until at least so many parts have landed. */
export async function landed(at: Installation, runId: string, parts: number): Promise<void> {
  await until(async () => (await at.ledger.listLanded(runId)).size >= parts, `${parts} landed parts`);
}

/** What a run over campaigns publishes, by name; equal when no cell differs. Audit columns are left out. */
export async function publishedTables(at: Installation): Promise<Record<string, string[]>> {
  const names = ["agg_campaign_daily", "agg_canvas_daily", "dim_variant", "exp_result"];
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await at.table(name)])));
}
