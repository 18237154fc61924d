import { fraction, hash32, hashPair } from "./random.ts";

/** One branch of an experiment. */
export interface Arm {
  name: string;
  isControl: boolean;
  /** Planned share of users; the shares of an object add up to 1. */
  allocation: number;
  /** Planted probability that a user of this arm ever converts on event A. */
  conversionRate: number;
  /** Planted relative difference to the reference (the control, else the first variant): 0.25 is +25 %. */
  lift: number;
}

/** Whether arms were made to differ. `none`: a single arm, nothing to compare. */
export type Planted = "none" | "null" | "effect";

const LIFTS = [0.25, 0.4, -0.2, 0.3];
const CONTROL_SHARE = 0.25;

/** The arms of an object with `variants` variants and perhaps a control, with planted conversion rates. */
export function plantArms(key: number, variants: number, control: boolean, planted: Planted): Arm[] {
  const base = 0.05 + 0.11 * fraction(hash32(key, 101));
  const each = (control ? 1 - CONTROL_SHARE : 1) / variants;
  const arms: Arm[] = [];
  for (let index = 0; index < variants; index++) {
    const moves = planted === "effect" && (control || index > 0);
    const lift = moves ? LIFTS[(hash32(key, 102) + index) % LIFTS.length]! : 0;
    const name = variants === 1 && !control ? "Message" : `Variant ${index + 1}`;
    arms.push({ name, isControl: false, allocation: each, conversionRate: base * (1 + lift), lift });
  }
  if (control) {
    const name = "Control Group";
    arms.push({ name, isControl: true, allocation: CONTROL_SHARE, conversionRate: base, lift: 0 });
  }
  return arms;
}

/** The arm a user is given, for ever: a hash of object and user, not a draw. */
export function armOf(key: number, arms: readonly Arm[], user: number): number {
  let point = fraction(hashPair(key, user));
  for (let index = 0; index < arms.length - 1; index++) {
    point -= arms[index]!.allocation;
    if (point < 0) return index;
  }
  return arms.length - 1;
}
