import type { Defect } from "./defects.ts";
import { hashText } from "./random.ts";

/** What a world is made from. Equal settings give equal worlds, on every machine and at any time. */
export interface WorldSettings {
  seed?: number | string;
  /** How many campaigns exist at any moment. Default 60. */
  campaigns?: number;
  /** How many Canvases exist at any moment. Default 12. */
  canvases?: number;
  /** How many days have rows, the first `now`'s own, partial one included. Default 90. */
  days?: number;
  /** Epoch milliseconds from which `days` is counted back. It moves the first row only, never a number in one. */
  nowMs: number;
  /** Company time zone. Default America/New_York. */
  timeZone?: string;
  /** Size of the user base: volumes per day grow with it. Default 400,000. */
  users?: number;
  /** Default 24. */
  segments?: number;
  /** Tests that are broken on purpose; see `Defect`. Default none: no number of any object changes. */
  defects?: readonly Defect[];
  /** Into how many paths an experiment step splits the Canvases that have one, 2 to 4. Default 0: none has one, no number changes. */
  experimentPaths?: number;
  /** By how many percent a session of anybody outside the global control group is likelier to end in a purchase. Default 0: no number changes. */
  messageLift?: number;
}

export interface ResolvedSettings extends Required<WorldSettings> {
  /** `seed` as the number that all draws begin from. */
  seedNumber: number;
}

/** Fills in defaults. Throws a RangeError that names the setting when a number is out of range. */
export function resolveSettings(settings: WorldSettings): ResolvedSettings {
  const resolved = {
    seed: settings.seed ?? 1,
    campaigns: settings.campaigns ?? 60,
    canvases: settings.canvases ?? 12,
    days: settings.days ?? 90,
    nowMs: settings.nowMs,
    timeZone: settings.timeZone ?? "America/New_York",
    users: settings.users ?? 400_000,
    segments: settings.segments ?? 24,
    defects: settings.defects ?? [],
    experimentPaths: settings.experimentPaths ?? 0,
    messageLift: settings.messageLift ?? 0,
  };
  requireRange("campaigns", resolved.campaigns, 0, 10_000);
  requireRange("canvases", resolved.canvases, 0, 5_000);
  requireRange("days", resolved.days, 1, 3_660);
  requireRange("users", resolved.users, 1_000, 100_000_000);
  requireRange("segments", resolved.segments, 0, 1_000);
  if (resolved.experimentPaths !== 0) requireRange("experimentPaths", resolved.experimentPaths, 2, 4);
  requireRange("messageLift", resolved.messageLift, 0, 400);
  requireRange("nowMs", resolved.nowMs, Date.UTC(2022, 0, 1), Date.UTC(2100, 0, 1));
  return { ...resolved, seedNumber: hashText(String(resolved.seed)) };
}

function requireRange(name: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(`${name} must be a whole number from ${least} to ${most}, not ${value}`);
}
