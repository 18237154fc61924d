/** The world's clock. Limits always run on the real one. */
export interface WorldClock {
  now(): number;
  /** Sets the instant; a running clock runs on from there. */
  set(nowMs: number): void;
}

/** A clock that stands at an instant, or runs on from it with real time. */
export function createWorldClock(startMs: number, mode: "frozen" | "real", real: () => number): WorldClock {
  let base = startMs;
  let setAt = real();
  return {
    now: () => (mode === "frozen" ? base : base + real() - setAt),
    set(nowMs) {
      base = nowMs;
      setAt = real();
    },
  };
}
