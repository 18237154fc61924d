import { fraction, hash32, hashText, Stream } from "./random.ts";

export interface AdClicksSettings {
  seed?: number | string;
  /** Rows, one per user. Default 500,000. */
  users?: number;
}

/** Planted share of users of each group who click. */
const CONTROL_RATE = 0.15;
const TREATMENT_RATE = 0.18;

/** The first possible impression, and the days over which they spread. */
const START_MS = Date.UTC(2026, 0, 5);
const DAYS = 14;

/** One user of a two-armed experiment who was shown an advertisement once. */
export interface AdClickRow {
  event_id: string;
  user_id: string;
  experiment_group: "control" | "treatment";
  /** ISO 8601, UTC. */
  shown_at: string;
  device: "mobile" | "desktop" | "tablet";
  country: string;
  clicked: 0 | 1;
  /** ISO 8601, UTC; empty when not clicked. */
  clicked_at: string;
}

const DEVICES = ["mobile", "mobile", "desktop", "tablet"] as const;
const COUNTRIES = ["US", "DE", "GB", "BR", "JP"] as const;

/**
 * A clickstream with planted click rates, row by row: nothing is kept in memory. Groups are split evenly by a hash of the
 * user, so the first n rows of a long stream are the rows of a short one.
 */
export function* adClicks(settings: AdClicksSettings = {}): Generator<AdClickRow> {
  const { users = 500_000 } = settings;
  const seed = hashText(`ad-clicks/${settings.seed ?? 1}`);
  for (let user = 0; user < users; user++) {
    const draw = new Stream(hash32(seed, user));
    const isTreated = fraction(hash32(seed, 1, user)) < 0.5;
    const shown = START_MS + draw.below(DAYS * 86_400) * 1_000;
    const clicked = draw.chance(isTreated ? TREATMENT_RATE : CONTROL_RATE);
    const delay = 1_000 * (1 + Math.floor(draw.wait(40, 1_800)));
    yield {
      event_id: `evt-${String(user).padStart(8, "0")}`,
      user_id: `u${hash32(seed, 2, user).toString(36)}-${user.toString(36)}`,
      experiment_group: isTreated ? "treatment" : "control",
      shown_at: new Date(shown).toISOString(),
      device: draw.pick(DEVICES),
      country: draw.pick(COUNTRIES),
      clicked: clicked ? 1 : 0,
      clicked_at: clicked ? new Date(shown + delay).toISOString() : "",
    };
  }
}
