import { InputError, type Looks } from "@lifecycle/contracts";
import {
  dunnettCritical,
  dunnettLogTail,
  experimentRuntime,
  meanSampleSize,
  normCritical,
  proportionSampleSize,
  reachableUnits,
  sequentialInflation,
} from "@lifecycle/stats";
import { resolveDefinition } from "./definition.ts";
import { formatValue } from "./format.ts";
import { criticalOf, lookAt } from "./look.ts";

/** What a test is planned for. Shares are the control's and each treatment's, on any scale. */
export interface PowerRequest {
  readonly kind: "proportion" | "mean";
  /** The control's rate or mean. */
  readonly baseline: number;
  /** Standard deviation of one unit's value; only for a mean. */
  readonly sd?: number | undefined;
  /** The smallest lift worth having: 0.1 is +10 %. */
  readonly lift: number;
  readonly alpha: number;
  readonly power: number;
  readonly shares: readonly number[];
  readonly looks: Looks["kind"];
  /** New people per day over all arms, and the people there are at all; undefined when not known. */
  readonly perDay?: number | undefined;
  readonly audience?: number | undefined;
  /** Days to convert. */
  readonly windowDays?: number | undefined;
}

export interface PowerPlan {
  /** Units for each arm, the control first. */
  readonly perArm: readonly number[];
  readonly total: number;
  /** The absolute effect that is looked for. */
  readonly effect: number;
  /** Critical value that decides, arms and looks included. */
  readonly critical: number;
  /** How much looking early costs: units over those of a single look. */
  readonly inflation: number;
  /** Days until all arms are full, and until the last unit has had its time; null when unknown or never. */
  readonly enrolDays: number | null;
  readonly totalDays: number | null;
  /** The audience is too small for this effect. */
  readonly isReachable: boolean;
}

/** A look a tenth: about what daily looks over two weeks spend. */
const LOOKS = Array.from({ length: 10 }, (_, i) => (i + 1) / 10);

/** Sample size and duration before a test is sent. Throws `power.bad_input` that names what is wrong. */
export function planPower(request: PowerRequest): PowerPlan {
  const effect = request.baseline * request.lift;
  const [controlShare, ...treatments] = request.shares;
  if (!controlShare || treatments.length === 0 || treatments.some((share) => !(share > 0)))
    throw new InputError("power.bad_input", "A test needs a control and a treatment, each with a share.");
  // The control is compared with every treatment: its correlation gives Dunnett's critical value.
  const lambdas = treatments.map((share) => Math.sqrt(share / (share + controlShare)));
  const fixed =
    treatments.length === 1
      ? normCritical(request.alpha)
      : dunnettCritical(dunnettLogTail(lambdas), treatments.length, request.alpha);
  const least = Math.min(...treatments) / controlShare;
  const { nc, critical, inflation } = sizeFor(request, effect, fixed, least, treatments.length);
  const perArm = request.shares.map((share) => Math.ceil((nc * share) / controlShare - 1e-9));
  const total = perArm.reduce((sum, n) => sum + n, 0);
  return { perArm, total, effect, critical, inflation, ...duration(request, perArm) };
}

function sizeFor(request: PowerRequest, effect: number, fixed: number, ratio: number, comparisons: number) {
  const single = controlSize(request, effect, fixed, ratio);
  if (request.looks === "fixed") return { nc: single, critical: fixed, inflation: 1 };
  if (request.looks === "group_sequential") {
    const { inflation } = sequentialInflation({ t: LOOKS, alpha: request.alpha, power: request.power });
    if (inflation === null)
      throw new InputError("power.bad_input", "alpha and power must lie between 0 and 1.");
    return { nc: single * inflation, critical: fixed * Math.sqrt(inflation), inflation };
  }
  // The sequence narrows as it grows, so that size and critical value are found together.
  let nc = single;
  let critical = fixed;
  for (let i = 0; i < 60; i++) {
    const pair = nc * (1 + ratio);
    const definition = resolveDefinition({
      looks: { kind: "confidence_sequence", expected_units: Math.max(2, Math.round(pair)) },
    });
    critical = criticalOf(lookAt(definition, request.alpha, pair, []), pair, comparisons) ?? fixed;
    nc = controlSize(request, effect, critical, ratio);
  }
  return { nc, critical, inflation: nc / single };
}

function controlSize(request: PowerRequest, effect: number, critical: number, ratio: number): number {
  const { kind, baseline, sd, power, alpha } = request;
  const common = { power, alpha, critical, ratio };
  const { nc, status } =
    kind === "proportion"
      ? proportionSampleSize({ p1: baseline, p2: baseline + effect, ...common })
      : meanSampleSize({ sdC: sd ?? Number.NaN, sdT: sd ?? Number.NaN, delta: effect, ...common });
  if (nc !== null) return nc;
  const lifted = baseline + effect;
  const isBeyond = kind === "proportion" && baseline > 0 && baseline < 1 && !(lifted > 0 && lifted < 1);
  const hint =
    status === "unreachable"
      ? "a lift of 0 needs infinitely many people"
      : isBeyond
        ? `a rate of ${formatValue(baseline, kind)} with this lift would be ${formatValue(lifted, kind)}`
        : WRONG;
  throw new InputError("power.bad_input", `No size can be given: ${hint}.`);
}

const WRONG = "rates, alpha and power must lie between 0 and 1, and a mean needs its standard deviation";

function duration(request: PowerRequest, perArm: readonly number[]) {
  const { audience, perDay, shares, windowDays = 0 } = request;
  const room = audience === undefined ? null : reachableUnits(audience, shares);
  const isReachable = room === null || perArm.every((n, i) => n <= room[i]!);
  if (!isReachable || perDay === undefined) return { isReachable, enrolDays: null, totalDays: null };
  const { enrolDays, totalDays } = experimentRuntime({
    requiredPerArm: perArm,
    allocation: shares,
    enrolmentsPerDay: perDay,
    windowDays,
  });
  return { isReachable, enrolDays, totalDays };
}
