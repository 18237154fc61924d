interface Waiter {
  resolve(turn: string): void;
  reject(error: unknown): void;
}

/**
 * Who waits in this process, by priority (0 first … 9 last), then by arrival. bottleneck has a line of its own, but cannot
 * take anyone out of it: a turn there is nobody's until it comes, and goes to whoever is first in this line by then.
 */
export class Line {
  readonly #lanes: Set<Waiter>[] = Array.from({ length: 10 }, () => new Set());

  get size(): number {
    return this.#lanes.reduce((sum, lane) => sum + lane.size, 0);
  }

  /** Waits for a turn. Rejects with the signal's reason when aborted, having left the line. */
  async join(priority: number, signal: AbortSignal): Promise<string> {
    signal.throwIfAborted();
    const lane = this.#lanes[Math.max(0, Math.min(9, Math.trunc(priority)))]!;
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const waiter = { resolve, reject };
    const leave = () => {
      lane.delete(waiter);
      reject(signal.reason);
    };
    lane.add(waiter);
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await promise;
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  /** Takes out whoever is first. */
  next(): Waiter | undefined {
    for (const lane of this.#lanes)
      for (const waiter of lane) {
        lane.delete(waiter);
        return waiter;
      }
    return undefined;
  }

  /** Sends everyone away. */
  rejectAll(error: unknown): void {
    for (let waiter = this.next(); waiter; waiter = this.next()) waiter.reject(error);
  }
}
