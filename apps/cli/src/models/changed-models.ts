import type { CompiledProject } from "@lifecycle/transform";
import type { QueryTarget } from "@lifecycle/warehouse";
import type { Session } from "../session.ts";
import { withWarehouse } from "../warehouse-access.ts";

/** What the warehouse says of the last build of a model. */
export interface LastBuild {
  model: string;
  hash: string;
  rows: number;
  builtAt: string;
  jobId: string;
}

/** Models that were never built, or whose text, contract or vars have changed since they were, in building order. */
export async function changedModels(session: Session, compiled: CompiledProject): Promise<string[]> {
  const builds = await withWarehouse(session, (warehouse) => lastBuilds(session, warehouse));
  const hashes = new Map(builds.map(({ model, hash }) => [model, hash]));
  return compiled.models
    .filter((model) => model.materialized !== "ephemeral" && hashes.get(model.name) !== model.hash)
    .map((model) => model.name);
}

const MAX_MODELS = 100_000;

/** From the ledger of builds, which lies beside the tables it tells of; empty where nothing was ever built. */
export async function lastBuilds(session: Session, warehouse: QueryTarget): Promise<LastBuild[]> {
  const schema = `${session.settings.warehouse.dataset}_build`;
  const sql = `SELECT model, hash, row_count, built_at, job_id FROM ${schema}._model_build`;
  const answer = await warehouse.query(sql, { maxRows: MAX_MODELS }).catch(() => undefined);
  return (answer?.rows ?? []).map(([model, hash, rows, builtAt, jobId]) => ({
    model: String(model),
    hash: String(hash),
    rows: Number(rows),
    builtAt: String(builtAt),
    jobId: String(jobId),
  }));
}
