import { type FilePipeline, InputError, loadId, type RunRequest, rawFileTable } from "@lifecycle/contracts";
import { FILE_RESOURCE } from "@lifecycle/ingest";
import type { StageDeps } from "./deps.ts";

/**
 * Holds a file against its pipeline's `reject_ratio`, once its values have been cast. Above it the file's rows leave the raw table
 * again and the run fails: `source.too_many_rejects` says how many and why. Answers the number of rows set aside.
 */
export async function refuseRejects(
  deps: StageDeps,
  request: RunRequest,
  pipeline: FilePipeline,
): Promise<number> {
  const { warehouse } = deps;
  const sql = `SELECT row_count, rejected_rows, rejected_share, reasons FROM ${warehouse.datasets.build}.int_file_run WHERE run_id = '${request.runId}'`;
  const [row] = (await warehouse.query(sql)).rows;
  if (!row) return 0;
  const [rows, rejected, share, reasons] = row;
  if (Number(share) <= pipeline.reject_ratio) return Number(rejected);
  const { table, columns } = rawFileTable(pipeline);
  const id = loadId(request.runId, FILE_RESOURCE);
  await warehouse.load({ loadId: id, table, columns, files: [], disposition: "append" });
  throw new InputError(
    "source.too_many_rejects",
    `${request.source?.uri}: ${rejected} of ${rows} rows cannot be read (${reasons}); the pipeline ${pipeline.name} allows ${pipeline.reject_ratio * 100} %. Nothing of it is published.`,
  );
}
