import type { Arm } from "./arms.ts";
import { fraction, hashPair } from "./random.ts";

/**
 * Ways in which a test may be broken on purpose. `split`: a third of the people meant for the first arm never arrive. `crossing`: one
 * person in twenty is given a second arm later. `control_opens`: some of the control get the message all the same. `stopped_sends`: the
 * first arm is not sent to any more in the second half of the days.
 */
export const DEFECTS = ["split", "crossing", "control_opens", "stopped_sends"] as const;
export type Defect = (typeof DEFECTS)[number];

/** What of a campaign its defect acts on. */
interface Breakable {
  readonly key: number;
  readonly defect: Defect | null;
  readonly arms: readonly Arm[];
}

const LOST = 0.3;
const CROSSED = 0.05;
const LEAKED = 0.04;

/** Every second test that has a control is broken, in the order of `defects`; without any, none is. */
export function plantDefect(
  defects: readonly Defect[],
  arms: readonly Arm[],
  ordinal: number,
): Defect | null {
  if (defects.length === 0 || ordinal % 2 === 0 || !arms.some(({ isControl }) => isControl)) return null;
  // Shifted from time to time, so that no kind of campaign is always broken in the same way.
  return defects[(Math.floor(ordinal / 2) + Math.floor(ordinal / 8)) % defects.length]!;
}

const draw = (campaign: Breakable, user: number, what: number) =>
  fraction(hashPair(campaign.key ^ what, user));

/** Whether the campaign does not reach somebody whom its plan would. `stopDay`: the first day of the second half. */
export function isLost(
  campaign: Breakable,
  arm: number,
  user: number,
  day: number,
  stopDay: number,
): boolean {
  if (arm !== 0) return false;
  if (campaign.defect === "split") return draw(campaign, user, 0x51) < LOST;
  return campaign.defect === "stopped_sends" && day >= stopDay;
}

/** Whether somebody of the control is sent what the control must not get. */
export function isLeaked(campaign: Breakable, user: number): boolean {
  return campaign.defect === "control_opens" && draw(campaign, user, 0x52) < LEAKED;
}

/** The arm that somebody is given after the first one; undefined for almost everybody. */
export function secondArm(campaign: Breakable, arm: number, user: number): number | undefined {
  if (campaign.defect !== "crossing" || draw(campaign, user, 0x53) >= CROSSED) return undefined;
  return (arm + 1) % campaign.arms.length;
}
