import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { errorMessage } from "@lifecycle/contracts";
import { maskSecrets } from "@lifecycle/runtime";

/** How often the lag is read; liveness speaks of the last whole span. */
const SPAN_MS = 5_000;
/** A process this far behind answers nobody in time: better to start it again. */
const WEDGED_MS = 2_000;
const CHECK_MS = 2_000;

export interface LoopLag {
  /** The 99th percentile of the last span, in milliseconds. */
  lagMs(): number;
  isAlive(): boolean;
  stop(): void;
}

/** Watches how late timers fire. */
export function watchLoop(): LoopLag {
  const histogram = monitorEventLoopDelay({ resolution: 20 });
  histogram.enable();
  let lagMs = 0;
  const timer = setInterval(() => {
    lagMs = histogram.percentile(99) / 1e6;
    histogram.reset();
  }, SPAN_MS);
  timer.unref();
  return {
    lagMs: () => lagMs,
    isAlive: () => lagMs < WEDGED_MS,
    stop: () => {
      clearInterval(timer);
      histogram.disable();
    },
  };
}

export interface Readiness {
  ready: boolean;
  checks: Record<string, { ok: boolean; ms?: number; reason?: string }>;
}

/** Asks everything the board needs, each for at most two seconds. `isDraining` makes it say no whatever they answer. */
export async function readiness(
  needs: Record<string, () => Promise<unknown>>,
  isDraining: boolean,
): Promise<Readiness> {
  const asked = Object.entries(needs).map(async ([name, ask]) => [name, await check(ask)] as const);
  const checks: Readiness["checks"] = Object.fromEntries(await Promise.all(asked));
  if (isDraining) checks.draining = { ok: false, reason: "shutting down" };
  return { ready: Object.values(checks).every(({ ok }) => ok), checks };
}

async function check(ask: () => Promise<unknown>): Promise<Readiness["checks"][string]> {
  const began = performance.now();
  const late = new AbortController();
  try {
    await Promise.race([
      ask(),
      pause(CHECK_MS, undefined, { signal: late.signal, ref: false }).then(() => {
        throw new Error(`no answer within ${CHECK_MS} ms`);
      }),
    ]);
    return { ok: true, ms: Math.round(performance.now() - began) };
  } catch (error) {
    return { ok: false, reason: maskSecrets(errorMessage(error)) };
  } finally {
    late.abort();
  }
}
