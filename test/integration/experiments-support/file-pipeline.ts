import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import {
  ExperimentsConfig,
  type FilePipeline,
  loadId,
  PipelineConfig,
  rawFileTable,
} from "@lifecycle/contracts";
import { type Definitions, definitionsOf } from "@lifecycle/experiments";
import { parse } from "yaml";
import { type BuiltModels, run } from "./built-models.ts";

const config = path.resolve(import.meta.dirname, "../../../config");

export function filePipeline(name: string): FilePipeline {
  const pipeline = PipelineConfig.parse(
    parse(readFileSync(path.join(config, `pipelines/${name}.yaml`), "utf8")),
  );
  if (pipeline.kind !== "file") throw new Error(`${name} reads no file`);
  return pipeline;
}

/** The definitions that these pipelines carry, with the reviewed defaults. */
export function definitionsFor(...pipelines: FilePipeline[]): Definitions {
  const reviewed = ExperimentsConfig.parse(
    parse(readFileSync(path.join(config, "experiments.yaml"), "utf8")),
  );
  return definitionsOf(reviewed, pipelines, ["main"]);
}

/** Loads a CSV file where it lies, as pass `pass` of its pipeline would, personal columns hashed with a key that is given. Models are not built. */
export async function loadFile(
  models: BuiltModels,
  pipeline: FilePipeline,
  pass: number,
  uri: string,
  personal?: { inner: string; outer: string },
): Promise<void> {
  const content = readFileSync(uri);
  const of = run(pass, "all", pipeline.name);
  const { table, columns } = rawFileTable(pipeline);
  const id = loadId(of._run_id, pipeline.name);
  const file = {
    uri,
    format: "csv",
    codec: "none",
    rows: null,
    sizeBytes: content.length,
    target: table,
  } as const;
  await models.warehouse.load({
    loadId: id,
    table,
    columns,
    files: [file],
    disposition: "append",
    csv: {
      sha256: createHash("sha256").update(content).digest("hex"),
      stamps: { workspace: "main", data_state: "closed", ...of, _load_id: id },
      maxRejectRatio: pipeline.reject_ratio,
      ...(personal ? { personal } : {}),
    },
  });
}
