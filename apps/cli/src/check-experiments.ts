import { existsSync } from "node:fs";
import { errorMessage } from "@lifecycle/contracts";
import { checkDeclared, type Definitions } from "@lifecycle/experiments";
import { SettingsError } from "@lifecycle/runtime";
import { isTableMissing } from "@lifecycle/warehouse";
import { experimentDefinitions, withDatasets } from "./experiment-definitions.ts";
import type { Finding } from "./finding.ts";
import type { Session } from "./session.ts";
import { withWarehouse } from "./warehouse-access.ts";

const what = "experiments.yaml";

/** Whether the ids that `config/experiments.yaml` names are those of campaigns, Canvases and files; asked once something was built. */
export async function checkExperiments(session: Session): Promise<Finding[]> {
  const definitions = readable(session);
  if (!definitions?.declared.length || !mayHoldTables(session)) return [];
  try {
    const problems = await withWarehouse(session, (live) =>
      checkDeclared(withDatasets(session, live), definitions),
    );
    return problems.map((detail) => ({ what, level: "warn", detail }));
  } catch (error) {
    if (isTableMissing(error)) return [];
    return [{ what, level: "warn", detail: `its ids could not be looked up: ${errorMessage(error)}` }];
  }
}

/** Undefined for files that cannot be read, which another check tells. */
function readable(session: Session): Definitions | undefined {
  try {
    return experimentDefinitions(session);
  } catch (error) {
    if (error instanceof SettingsError) return undefined;
    throw error;
  }
}

/** Asking DuckDB would make its file. */
function mayHoldTables({ settings: { warehouse } }: Session): boolean {
  return warehouse.engine === "bigquery" || existsSync(warehouse.duckdb.path);
}
