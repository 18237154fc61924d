import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import {
  type FilePipeline,
  type FileSource,
  InputError,
  partId,
  type RunPlan,
  type RunRequest,
} from "@lifecycle/contracts";
import type { Ledger } from "@lifecycle/landing";

/** The one resource of a file pipeline. */
export const FILE_RESOURCE = "file";

/**
 * Size and content hash of a file. Throws `source.missing_file`, `source.not_a_file` or `source.empty_file`, naming it.
 */
export async function describeFile(path: string): Promise<FileSource> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new InputError("source.missing_file", `There is no file ${path}.`);
  if (!found.isFile()) throw new InputError("source.not_a_file", `${path} is not a file.`);
  if (found.size === 0)
    throw new InputError("source.empty_file", `${path} is empty: expected a header and rows.`);
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return { uri: path, sizeBytes: found.size, sha256: hash.digest("hex") };
}

/** Throws `source.changed` when a file is not the one that was asked for: its hash is part of every row's identity. */
export async function refuseChanged(source: FileSource): Promise<void> {
  const found = await describeFile(source.uri);
  if (found.sha256 === source.sha256) return;
  throw new InputError("source.changed", `${source.uri} has changed since the run was asked for. Ask again.`);
}

/**
 * Plans a run over a file: one part, whose manifest points at the file where it lies.
 * Throws `source.changed` and what `describeFile` throws.
 */
export async function planFileRun(
  deps: { ledger: Ledger; now: () => Date },
  request: RunRequest,
  pipeline: FilePipeline,
): Promise<RunPlan> {
  const planned = await deps.ledger.readPlan(request.runId);
  if (planned) return planned;
  const source = request.source!;
  await refuseChanged(source);
  const part = partId(FILE_RESOURCE, undefined, undefined);
  const at = deps.now().toISOString();
  const file = {
    uri: source.uri,
    format: "csv",
    codec: "none",
    rows: null,
    sizeBytes: source.sizeBytes,
    target: pipeline.raw_table,
  } as const;
  await deps.ledger.writeManifest({
    runId: request.runId,
    part,
    resource: FILE_RESOURCE,
    window: request.window,
    landedAt: at,
    files: [file],
    rows: null,
    rejected: 0,
  });
  const plan: RunPlan = {
    runId: request.runId,
    plannedAt: at,
    parts: [{ part, resource: FILE_RESOURCE, bucket: "default" }],
  };
  await deps.ledger.writePlan(plan);
  return plan;
}
