import type { Planted } from "./arms.ts";
import type { Channel } from "./channels.ts";
import type { ConversionBehavior } from "./conversions.ts";
import type { Lifespan } from "./lifecycle.ts";

/** What a campaign and a Canvas both are. */
export interface Programme {
  id: string;
  /** Position in the world among its kind, 0-based; several generations of a rotating one share it. */
  index: number;
  generation: number;
  /** What all its draws begin from. */
  key: number;
  name: string;
  tags: string[];
  planted: Planted;
  channels: Channel[];
  behaviors: ConversionBehavior[];
  scheduleType: string;
  /** At any time of day, not at one hour. */
  isTriggered: boolean;
  life: Lifespan;
  /** Expected recipients on a sending day, or entries on a day. */
  volume: number;
  /** Days after a send or an entry until nothing about it can change any more. */
  settledAfterDays: number;
}
