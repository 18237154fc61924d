import { FatalError, InputError } from "@lifecycle/contracts";
import type { Build, Warehouse } from "@lifecycle/warehouse";
import type { CompiledModel, CompiledProject } from "../compiled.ts";
import type { Budget } from "./cost-cap.ts";
import type { GateContext } from "./gates.ts";
import type { BuildPlan, PlanContext } from "./plan-build.ts";
import type { CheckOutcome } from "./run-tests.ts";

export interface ModelOutcome {
  name: string;
  rows: number;
  ms: number;
  tests: CheckOutcome[];
  /**
   * `built`, wholly or in part, and passed its tests; `unchanged`: nothing was to do; `failed`: an error, or a test of severity
   * `error`; `blocked`: something it reads failed, so it stands as it was.
   */
  status: "built" | "unchanged" | "failed" | "blocked";
  /** What was done and why: `whole`, `partitions`, `merge`, `test`, `skip`. */
  action: BuildPlan["action"];
  reason: string;
  /** Days that were built, of a model built in part. */
  partitions?: readonly string[];
  /** Why it failed. */
  error?: { code: string; message: string };
}

/** What the runner says while it works: pino's shape. */
export interface RunLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
}

export interface RunOptions {
  warehouse: Warehouse;
  /** Names of the models to build, such as `selectModels` or `downstreamOf` give; the project's order holds. */
  select: readonly string[];
  /** Makes the job ids: the same run builds the same jobs. */
  runId: string;
  /** Builds everything whole, as if it had never been built. */
  fullRefresh?: boolean | undefined;
  /** Builds also what has not changed. */
  evenUnchanged?: boolean | undefined;
  /** `report` answers the failures as outcomes; otherwise they are thrown once every other branch is done. */
  onFailure?: "throw" | "report" | undefined;
  /** The gates of `meta` are asked when this is given: of them the number of rows needs to know what was usual. */
  history?: GateContext["history"] | undefined;
  /** The current moment unless told. */
  now?: (() => Date) | undefined;
  /** Columns whose values no sample shows, besides those the models tag as personal. */
  personalColumns?: ReadonlySet<string> | undefined;
  logger?: RunLogger | undefined;
  /** What the run may be billed; counted up. */
  budget?: Budget | undefined;
  /** Models at work together, at most; the engine's own measure unless told. */
  atOnce?: number | undefined;
  /** Once it aborts no model begins; what is being built is finished, tests that are being asked are given up. */
  signal?: AbortSignal | undefined;
  /** Called as each is finished: where several are at work, not in the project's order. */
  onModel?: ((outcome: ModelOutcome) => void) | undefined;
}

export function mustFit(compiled: CompiledProject, warehouse: Warehouse): void {
  if (compiled.engine === warehouse.engine) return;
  throw new InputError(
    "transform.engine",
    `models compiled for ${compiled.engine} cannot run on ${warehouse.engine}`,
  );
}

export type State = PlanContext & { builds: Map<string, Build> };

export async function readState(
  models: readonly CompiledModel[],
  options: Pick<RunOptions, "warehouse" | "fullRefresh" | "evenUnchanged" | "now">,
): Promise<State> {
  const { warehouse, fullRefresh, evenUnchanged, now } = options;
  const builds = new Map((await warehouse.builds.list()).map((build) => [build.table, build]));
  const sources = [...new Set(models.flatMap((model) => model.sources))];
  const rawVersions = await warehouse.builds.rawVersions(sources);
  const today = (now?.() ?? new Date()).toISOString().slice(0, 10);
  return { warehouse, builds, rawVersions, fullRefresh, evenUnchanged, today };
}

/** The engine's own word, with the model and its file in front. */
export function named(error: FatalError, model: CompiledModel): FatalError {
  return new FatalError(error.code, `${model.file} (${model.name}): ${error.message}`, { cause: error });
}
