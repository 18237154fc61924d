import { type Reader, readRows, toNumber } from "./rows.ts";

/** What else is known of an arm: what it was sent, what it did, and whether its units are where they belong. */
export interface ArmActivity {
  experimentId: string;
  armId: string;
  /** Units assigned, whatever became of them. */
  assigned: number | null;
  sent: number | null;
  delivered: number | null;
  opens: number | null;
  machineOpens: number | null;
  clicks: number | null;
  /** Units of this arm that were seen in another arm too; null when single units are unknown. */
  crossedUnits: number | null;
  /** Rows of a metric beyond one per unit; null when single units are unknown. */
  duplicateRows: number | null;
}

const COLUMNS = [
  "experiment_id",
  "arm_id",
  "assigned",
  "sent",
  "delivered",
  "opens",
  "machine_opens",
  "clicks",
  "crossed_units",
  "duplicate_rows",
] as const;

export async function readArmActivity(warehouse: Reader, ids: readonly string[]): Promise<ArmActivity[]> {
  const rows = await readRows(
    warehouse,
    `${warehouse.datasets.build}.int_experiment_arm_activity`,
    COLUMNS,
    ids,
  );
  return rows.map((row) => ({
    experimentId: String(row.experiment_id),
    armId: String(row.arm_id),
    assigned: toNumber(row.assigned),
    sent: toNumber(row.sent),
    delivered: toNumber(row.delivered),
    opens: toNumber(row.opens),
    machineOpens: toNumber(row.machine_opens),
    clicks: toNumber(row.clicks),
    crossedUnits: toNumber(row.crossed_units),
    duplicateRows: toNumber(row.duplicate_rows),
  }));
}
