import { type Reader, readRows, toNumber } from "./rows.ts";

/** The id of the experiment that a workspace's global control group makes. */
export const controlGroupId = (workspace: string) => `${workspace}__global_control_group`;

export const isControlGroup = (id: string) => id.endsWith("__global_control_group");

/** A global control group and those it is compared with, as far as exports tell. */
export interface ControlGroup {
  experimentId: string;
  /** Exports that show this group. */
  exports: number;
  /** Days, UTC. */
  firstSeenOn: string;
  newestSeenOn: string;
  /** An export before showed another group. */
  isAnotherGroup: boolean;
  /** On both sides, and those of them who have no id and are left out. */
  people: number;
  withoutId: number;
}

const COLUMNS = [
  "experiment_id",
  "exports",
  "first_seen_on",
  "newest_seen_on",
  "is_another_group",
  "people",
  "without_id",
] as const;

/** The groups among these experiments; nothing is asked where none is one. */
export async function readControlGroups(warehouse: Reader, ids: readonly string[]): Promise<ControlGroup[]> {
  const table = `${warehouse.datasets.build}.int_global_control_group`;
  const rows = await readRows(warehouse, table, COLUMNS, ids.filter(isControlGroup));
  return rows.map((row) => ({
    experimentId: String(row.experiment_id),
    exports: toNumber(row.exports) ?? 0,
    firstSeenOn: String(row.first_seen_on),
    newestSeenOn: String(row.newest_seen_on),
    isAnotherGroup: row.is_another_group === true,
    people: toNumber(row.people) ?? 0,
    withoutId: toNumber(row.without_id) ?? 0,
  }));
}
