import type { TableContract } from "@lifecycle/contracts";
import { experimentDailyColumns } from "./daily-row.ts";
import {
  experimentCapColumns,
  experimentHealthColumns,
  experimentResultColumns,
  experimentVerdictColumns,
} from "./result.ts";

/** Where what is said of experiments is kept. */
export const experimentTables: readonly TableContract[] = [
  experimentResultColumns,
  experimentDailyColumns,
  experimentHealthColumns,
  experimentVerdictColumns,
  experimentCapColumns,
];
