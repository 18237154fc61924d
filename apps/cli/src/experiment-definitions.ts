import { type Definitions, definitionsOf } from "@lifecycle/experiments";
import { loadExperimentsConfig, loadPipelines } from "@lifecycle/runtime";
import { datasetsOf, type QueryTarget } from "@lifecycle/warehouse";
import type { Session } from "./session.ts";

/** Experiments as the reviewed files define them now. Throws `SettingsError`. */
export function experimentDefinitions({ settings }: Session): Definitions {
  const pipelines = [...loadPipelines(settings).values()].filter((pipeline) => pipeline.kind === "file");
  return definitionsOf(loadExperimentsConfig(settings), pipelines, Object.keys(settings.workspaces));
}

/** What reading experiments needs of a warehouse. */
export const withDatasets = (session: Session, warehouse: QueryTarget) => ({
  datasets: datasetsOf(session.settings.warehouse.dataset),
  query: warehouse.query.bind(warehouse),
});
