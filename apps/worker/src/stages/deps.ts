import type { FilePipeline, PipelineConfig, TableContract } from "@lifecycle/contracts";
import type { Definitions } from "@lifecycle/experiments";
import type { Landing, Ledger } from "@lifecycle/landing";
import type { Logger, Settings } from "@lifecycle/runtime";
import type { Budget, CompiledProject } from "@lifecycle/transform";
import type { Warehouse } from "@lifecycle/warehouse";

/** What the stages that reach the warehouse share. */
export interface StageDeps {
  settings: Settings;
  logger: Logger;
  ledger: Ledger;
  landing: Landing;
  warehouse: Warehouse;
  pipelines: ReadonlyMap<string, PipelineConfig>;
  definitions: Definitions;
  /** Every raw table that a load may write. */
  tables: readonly TableContract[];
  /** The SQL tree for this engine, compiled in a process of its own and cached by content. */
  compiledModels: () => Promise<CompiledProject>;
  /** What a run may be billed. */
  budgetOf?: (runId: string) => Budget | undefined;
  now: () => Date;
}

export function filePipelineOf(deps: Pick<StageDeps, "pipelines">, name: string): FilePipeline | undefined {
  const pipeline = deps.pipelines.get(name);
  return pipeline?.kind === "file" ? pipeline : undefined;
}
