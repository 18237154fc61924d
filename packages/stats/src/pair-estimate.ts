import type { LiftKind } from "./lift.ts";
import type { MeanArm } from "./moments.ts";
import type { QuantileArm } from "./quantiles.ts";
import type { PairArm } from "./ratios.ts";

/** One metric of one experiment as sufficient statistics: a control and its treatments. Unit = what was randomised. */
export type MetricArms =
  | { readonly kind: "proportion"; readonly control: CountArm; readonly treatments: readonly CountArm[] }
  /** The same over strata (allocation epochs, send days): each arm by stratum, in one order. */
  | {
      readonly kind: "stratified";
      readonly control: readonly CountArm[];
      readonly treatments: readonly (readonly CountArm[])[];
    }
  | { readonly kind: "mean"; readonly control: MeanArm; readonly treatments: readonly MeanArm[] }
  | { readonly kind: "ratio"; readonly control: PairArm; readonly treatments: readonly PairArm[] }
  | { readonly kind: "cuped"; readonly control: PairArm; readonly treatments: readonly PairArm[] }
  | {
      readonly kind: "quantile";
      readonly control: QuantileArm;
      readonly treatments: readonly QuantileArm[];
    };

export interface CountArm {
  readonly n: number;
  readonly x: number;
}

export type TestName =
  | "score_z"
  | "fisher_mid_p"
  | "welch_t"
  | "delta_z"
  | "cuped_z"
  | "cuped_t"
  | "stratified_z"
  | "quantile_z";

/** What each kind of metric knows about one treatment before the family is looked at. */
export interface PairEstimate {
  readonly controlValue: number;
  readonly treatmentValue: number;
  readonly diff: number;
  /** Standard error without assuming equal arms. */
  readonly se: number;
  readonly test: TestName;
  readonly p: number;
  readonly logp: number;
  /** Variances that give the correlation between treatments: control first. */
  readonly variances: readonly [control: number, treatment: number];
  /** Interval of the difference at a normal critical value. */
  interval(z: number): { readonly lower: number; readonly upper: number };
  lift(z: number): {
    readonly lift: number | null;
    readonly lower: number | null;
    readonly upper: number | null;
    readonly kind: LiftKind | null;
  };
}
