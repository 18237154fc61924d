import { type CompiledProject, changedModels } from "@lifecycle/transform";
import { datasetsOf, type QueryTarget, readBuilds, type SeenBuild } from "@lifecycle/warehouse";
import type { Session } from "../session.ts";
import { withWarehouse } from "../warehouse-access.ts";

/** What the warehouse says of the last build of each model. */
export function knownBuilds(session: Session, warehouse: QueryTarget): Promise<SeenBuild[]> {
  return readBuilds(warehouse, datasetsOf(session.settings.warehouse.dataset));
}

/** What the selector `changed` means here and now, each model with why. */
export async function changedHere(
  session: Session,
  compiled: CompiledProject,
): Promise<ReadonlyMap<string, string>> {
  const builds = await withWarehouse(session, (warehouse) => knownBuilds(session, warehouse));
  return changedModels(compiled, builds);
}
