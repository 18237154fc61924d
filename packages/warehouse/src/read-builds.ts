import type { Build } from "./builds.ts";
import { isTableMissing } from "./missing-table.ts";
import type { Datasets, QueryTarget, Warehouse } from "./warehouse.ts";

/** A build as somebody sees it who may only ask. */
export type SeenBuild = Omit<Build, "inputs"> & {
  /** The job that made it; undefined where the engine does not keep it. */
  jobId: string | undefined;
};

const MAX_MODELS = 100_000;

/**
 * The ledger of builds, read through whatever answers queries: BigQuery itself, or the process that owns a DuckDB file. Empty where
 * nothing was ever built; throws where nobody answered.
 */
export async function readBuilds(
  warehouse: QueryTarget,
  { build }: Pick<Datasets, "build">,
): Promise<SeenBuild[]> {
  if (isWhole(warehouse)) return (await warehouse.builds.list()).map((one) => ({ ...one, jobId: undefined }));
  const sql = `SELECT model, version, hash, row_count, built_at, audited_as, published_version, job_id FROM ${build}._model_build`;
  const answer = await warehouse.query(sql, { maxRows: MAX_MODELS }).catch(unlessMissing);
  return (answer?.rows ?? []).map(([table, version, hash, rows, builtAt, auditedAs, published, jobId]) => ({
    table: String(table),
    version: Number(version),
    hash: String(hash),
    rows: Number(rows),
    builtAt: String(builtAt),
    auditedAs: auditedAs === null ? undefined : String(auditedAs),
    publishedVersion: published === null ? undefined : Number(published),
    jobId: String(jobId),
  }));
}

function unlessMissing(error: unknown): undefined {
  if (!isTableMissing(error)) throw error;
}

/** The owner of a DuckDB file answers queries alone. */
function isWhole(warehouse: QueryTarget): warehouse is Warehouse {
  return "builds" in warehouse;
}
