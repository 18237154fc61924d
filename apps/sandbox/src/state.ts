import { hash32, hashText, type World } from "@lifecycle/simulation";
import type { WorldClock } from "./clock.ts";
import type { ExportDesk } from "./exports.ts";
import type { FaultSettings } from "./faults.ts";
import type { Journal } from "./journal.ts";
import type { Limiter } from "./limits.ts";
import type { Series } from "./views/series.ts";

/** All that a running sandbox knows. */
export interface SandboxState {
  world: World;
  series: Series;
  exports: ExportDesk;
  clock: WorldClock;
  limiter: Limiter;
  journal: Journal;
  faults: FaultSettings;
  key: string;
  scopes: ReadonlySet<string> | undefined;
  /** The seed that faults are drawn from. */
  faultSeed: number;
  /** Real time, for limits and the journal. */
  realNow: () => number;
  baseUrl: string;
}

export function faultSeedOf(seed: string): number {
  return hash32(hashText(seed), 900);
}
