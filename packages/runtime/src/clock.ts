/** Where "now" comes from. A use case takes one as an argument and never asks the machine. */
export interface Clock {
  now(): Date;
}

export const realClock: Clock = { now: () => new Date() };

/** A clock that stands still at an instant. Takes an ISO text or a Date. */
export function frozenClock(at: string | Date): Clock {
  const instant = new Date(at).getTime();
  if (Number.isNaN(instant)) throw new RangeError(`not an instant: ${String(at)}`);
  return { now: () => new Date(instant) };
}

/** Frozen when the settings name an instant (LIFECYCLE_NOW), real otherwise. */
export function createClock(settings: { now: string | undefined }): Clock {
  return settings.now === undefined ? realClock : frozenClock(settings.now);
}
