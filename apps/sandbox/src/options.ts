import { parseArgs } from "node:util";
import { DEFECTS, type Defect } from "@lifecycle/simulation";
import { brokenName, type FaultSettings, NO_FAULTS, parseFaults } from "./faults.ts";
import { type BucketName, type Limit, parseForeign, parseLimits } from "./limits.ts";
import { parseInstant } from "./params.ts";

export interface SandboxOptions {
  /** The first port to try; the next free one is taken. 0: any. */
  port: number;
  host: string;
  seed: string;
  campaigns: number;
  canvases: number;
  days: number;
  users: number;
  segments: number;
  /** Real milliseconds until an asked-for user export can be downloaded. */
  exportDelayMs: number;
  timeZone: string;
  nowMs: number;
  clock: "frozen" | "real";
  key: string;
  /** Permitted scopes; undefined: all. */
  scopes: ReadonlySet<string> | undefined;
  limits: Partial<Record<BucketName, Limit>>;
  foreign: Partial<Record<BucketName, number>>;
  faults: FaultSettings;
  /** Tests broken on purpose. */
  defects: readonly Defect[];
  /** Paths of the experiment steps in Canvases; 0: none. */
  experimentPaths: number;
  /** Percent by which purchases are likelier outside the global control group. */
  messageLift: number;
}

const FLAGS = [
  "port",
  "host",
  "seed",
  "campaigns",
  "canvases",
  "days",
  "users",
  "segments",
  "export-delay-ms",
  "time-zone",
  "now",
  "clock",
  "key",
  "scopes",
  "limits",
  "foreign",
  "fault",
  "defects",
  "experiment-paths",
  "message-lift",
] as const;

/**
 * Reads flags; what is not given comes from `SANDBOX_…` (`--time-zone` is `SANDBOX_TIME_ZONE`), then from defaults.
 * `--fault` and `--broken` may be repeated. Throws an error that names the flag when a value cannot be read.
 */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  realMs: number,
): SandboxOptions {
  const text = { type: "string" } as const;
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...Object.fromEntries(FLAGS.map((flag) => [flag, text])),
      fault: { type: "string", multiple: true },
      broken: { type: "string", multiple: true },
    },
  });
  const given = (flag: (typeof FLAGS)[number] | "broken"): string | undefined => {
    const value = (values as Record<string, string | string[] | undefined>)[flag];
    const joined = Array.isArray(value) ? value.join(",") : value;
    return joined ?? (env[`SANDBOX_${flag.toUpperCase().replaceAll("-", "_")}`] || undefined);
  };
  const whole = (flag: (typeof FLAGS)[number], otherwise: number): number => {
    const value = given(flag);
    if (value === undefined) return otherwise;
    if (/^\d+$/.test(value)) return Number(value);
    throw new RangeError(`--${flag} must be a whole number, not "${value}"`);
  };
  return {
    port: whole("port", 4010),
    host: given("host") ?? "127.0.0.1",
    seed: given("seed") ?? "1",
    campaigns: whole("campaigns", 60),
    canvases: whole("canvases", 12),
    days: whole("days", 90),
    users: whole("users", 400_000),
    segments: whole("segments", 24),
    exportDelayMs: whole("export-delay-ms", 1_000),
    timeZone: given("time-zone") ?? "America/New_York",
    nowMs: nowOf(given("now"), given("clock") ?? "frozen", realMs),
    clock: clockOf(given("clock") ?? "frozen"),
    key: given("key") ?? "sandbox-key",
    scopes: scopesOf(given("scopes")),
    limits: parseLimits(given("limits") ?? ""),
    foreign: parseForeign(given("foreign") ?? ""),
    defects: defectsOf(given("defects") ?? ""),
    experimentPaths: whole("experiment-paths", 0),
    messageLift: whole("message-lift", 0),
    faults: {
      ...NO_FAULTS,
      ...parseFaults(given("fault") ?? ""),
      broken: (given("broken") ?? "").split(",").filter(Boolean).map(brokenName),
    },
  };
}

function nowOf(text: string | undefined, clock: string, realMs: number): number {
  if (text === undefined) {
    const noon = Math.floor(realMs / 86_400_000) * 86_400_000 + 43_200_000;
    return clock === "real" ? realMs : noon;
  }
  const ms = parseInstant(text);
  if (Number.isNaN(ms)) throw new RangeError(`--now must be an ISO 8601 instant, not "${text}"`);
  return ms;
}

function clockOf(text: string): "frozen" | "real" {
  if (text === "frozen" || text === "real") return text;
  throw new RangeError(`--clock must be frozen or real, not "${text}"`);
}

function defectsOf(text: string): readonly Defect[] {
  if (text === "all") return DEFECTS;
  return text
    .split(",")
    .filter(Boolean)
    .map((name) => {
      const found = DEFECTS.find((defect) => defect === name);
      if (found) return found;
      throw new RangeError(`--defects knows ${DEFECTS.join(", ")} and all, not "${name}"`);
    });
}

function scopesOf(text: string | undefined): ReadonlySet<string> | undefined {
  if (text === undefined || text === "all") return undefined;
  return new Set(text.split(",").map((scope) => scope.trim()));
}
