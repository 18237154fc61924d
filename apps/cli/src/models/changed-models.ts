import type { CompiledModel, CompiledProject } from "@lifecycle/transform";
import type { QueryTarget, Warehouse } from "@lifecycle/warehouse";
import type { Session } from "../session.ts";
import { withWarehouse } from "../warehouse-access.ts";

/** What the warehouse says of the last build of a model. */
export interface LastBuild {
  model: string;
  hash: string;
  /** What its tests were when it passed them; null while it has not. */
  auditedAs: string | null;
  rows: number;
  builtAt: string;
  /** Undefined where the engine does not keep it. */
  runId: string | undefined;
}

/**
 * Models that were never built, or whose text, vars, contract or tests are not those they were built and passed with, in building order,
 * each with why. Whether their inputs have new rows is another question, which every run answers for itself.
 */
export async function changedModels(
  session: Session,
  compiled: CompiledProject,
): Promise<ReadonlyMap<string, string>> {
  const builds = await withWarehouse(session, (warehouse) => lastBuilds(session, warehouse));
  const byModel = new Map(builds.map((build) => [build.model, build]));
  return new Map(
    compiled.models.flatMap((model) => {
      const why = model.materialized === "ephemeral" ? undefined : whyChanged(model, byModel.get(model.name));
      return why === undefined ? [] : [[model.name, why] as const];
    }),
  );
}

function whyChanged(model: CompiledModel, build: LastBuild | undefined): string | undefined {
  if (!build) return "never built";
  if (build.hash !== model.buildHash) return "its text changed";
  if (build.auditedAs === null) return "its tests have not passed";
  return build.auditedAs === model.hash ? undefined : "its tests changed";
}

const MAX_MODELS = 100_000;

/** From the ledger of builds, which lies beside the tables it tells of; empty where nothing was ever built. */
export async function lastBuilds(session: Session, warehouse: QueryTarget): Promise<LastBuild[]> {
  if (isWhole(warehouse))
    return (await warehouse.builds.list()).map(({ table, hash, auditedAs, rows, builtAt }) => ({
      model: table,
      hash,
      auditedAs: auditedAs ?? null,
      rows,
      builtAt,
      runId: undefined,
    }));
  const schema = `${session.settings.warehouse.dataset}_build`;
  const sql = `SELECT model, hash, audited_as, row_count, built_at, job_id FROM ${schema}._model_build`;
  const answer = await warehouse.query(sql, { maxRows: MAX_MODELS }).catch(() => undefined);
  return (answer?.rows ?? []).map(([model, hash, auditedAs, rows, builtAt, jobId]) => ({
    model: String(model),
    hash: String(hash),
    auditedAs: auditedAs === null ? null : String(auditedAs),
    rows: Number(rows),
    builtAt: String(builtAt),
    runId: runOf(String(jobId), String(model)),
  }));
}

/** BigQuery is asked directly; the owner of a DuckDB file answers queries alone. */
function isWhole(warehouse: QueryTarget): warehouse is Warehouse {
  return "builds" in warehouse;
}

/** `transform__<run id>__<model>__…` */
function runOf(jobId: string, model: string): string | undefined {
  const end = jobId.lastIndexOf(`__${model}`);
  return end < 0 ? undefined : jobId.slice("transform__".length, end);
}
