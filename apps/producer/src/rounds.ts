/** Calls `act` once per key, a moment after the first call; calls in between are folded in. */
export function debounced(act: (key: string) => void, afterMs: number): (key: string) => void {
  const waiting = new Set<string>();
  return (key) => {
    if (waiting.has(key)) return;
    waiting.add(key);
    setTimeout(() => {
      waiting.delete(key);
      act(key);
    }, afterMs);
  };
}

/**
 * Runs `round` now and then again and again, `pauseMs` after each has ended, so that rounds never overlap. A round that
 * throws is reported and the next one comes. Answers a function that stops after the current round.
 */
export function everyRound(
  round: () => Promise<void>,
  pauseMs: number,
  onError: (error: unknown) => void,
): () => Promise<void> {
  const stop = new AbortController();
  const ended = (async () => {
    while (!stop.signal.aborted) {
      try {
        await round();
      } catch (error) {
        onError(error);
      }
      await pause(pauseMs, stop.signal);
    }
  })();
  return () => {
    stop.abort();
    return ended;
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(resolve, ms);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
