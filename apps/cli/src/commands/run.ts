import { didYouMean, InputError, type PipelineConfig } from "@lifecycle/contracts";
import { mustBeKept, type WantedRun } from "@lifecycle/ingest";
import { loadPipelines } from "@lifecycle/runtime";
import { fileWanted } from "../file-wanted.ts";
import { printFindings } from "../findings.ts";
import { RUN_EXIT } from "../outcome.ts";
import { runAndFollow } from "../run-and-follow.ts";
import { sampleFile } from "../sample-file.ts";
import type { Session } from "../session.ts";
import { mustFit, mustHaveBegun, type ReadFlags, windowOf } from "../wanted-days.ts";
import { defaultWindow, today } from "./start.ts";

export interface RunFlags extends ReadFlags {
  workspace?: string;
}

/** `lifecycle run <pipeline>`: one run, followed to its end. Returns the exit code. */
export async function run(session: Session, pipelineName: string, flags: RunFlags): Promise<number> {
  const pipeline = pipelineOf(session, pipelineName);
  mustFit(pipeline, flags);
  const workspace = workspaceOf(session, flags.workspace);
  const common = {
    workspace,
    pipeline: pipelineName,
    trigger: "cli",
    requestedBy: session.user,
    priority: 0,
  } as const;
  const wanted: WantedRun =
    pipeline.kind === "file"
      ? {
          ...common,
          ...(await fileWanted(session, pipeline, flags.file ?? (await sampleFile(session, pipeline)))),
        }
      : {
          ...common,
          window: windowOf(flags) ?? defaultWindow(session, workspace, pipeline.window_days),
          ...(flags.full ? { full: true } : {}),
        };
  if (wanted.window !== "all" && pipeline.kind !== "file")
    mustHaveBegun(wanted.window, today(session, workspace));
  mustBeKept(wanted.window, session.settings.warehouse.retention_days, today(session, workspace));
  const { settled, hands } = await runAndFollow(session, wanted);
  try {
    if (settled.status !== "failed") await printFindings(session, settled, pipelineName);
  } finally {
    await hands.release();
  }
  return RUN_EXIT[settled.status];
}

/** Throws `run.unknown_pipeline`. */
export function pipelineOf({ settings }: Session, name: string): PipelineConfig {
  const pipelines = loadPipelines(settings);
  const pipeline = pipelines.get(name);
  if (pipeline) return pipeline;
  const known = [...pipelines.keys()];
  throw new InputError(
    "run.unknown_pipeline",
    `There is no pipeline ${name}.${didYouMean(name, known)} Known: ${known.join(", ")}.`,
  );
}

export function workspaceOf(session: Session, wanted: string | undefined): string {
  const names = Object.keys(session.settings.workspaces);
  const name = wanted ?? names[0]!;
  if (!names.includes(name))
    throw new InputError(
      "run.unknown_workspace",
      `There is no workspace ${name}. Known: ${names.join(", ")}.`,
    );
  return name;
}
