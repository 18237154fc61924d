interface BucketStats {
  limit: number;
  window_ms: number;
  first_request_at: number;
  last_request_at: number;
  windows: { start: number; received: number; accepted: number; refused: number }[];
}

export interface WindowUse {
  /** From the first request to the last. */
  seconds: number;
  /** Whole windows between the first and the last request. */
  windows: number;
  /** The most that any window received, against its limit. */
  worstReceived: number;
  /** Accepted requests of whole windows, against what they allowed. */
  used: number;
  refused: number;
}

/** How a bucket's windows were used, from the sandbox's own log. */
export async function windowUse(url: string, bucket: string): Promise<WindowUse> {
  const stats = (await (await fetch(`${url}/__sandbox/stats`)).json()) as {
    buckets: Record<string, BucketStats>;
  };
  const { limit, window_ms, first_request_at, last_request_at, windows } = stats.buckets[bucket]!;
  const whole = windows.filter(
    ({ start }) => start >= first_request_at && start + window_ms <= last_request_at,
  );
  return {
    seconds: (last_request_at - first_request_at) / 1_000,
    windows: whole.length,
    worstReceived: Math.max(...windows.map(({ received }) => received)) / limit,
    used: whole.reduce((sum, { accepted }) => sum + accepted, 0) / (limit * whole.length),
    refused: windows.reduce((sum, { refused }) => sum + refused, 0),
  };
}
