import { z } from "zod";
import { flag, int, milliseconds, RedisUrl } from "./values.ts";

export const Redis = z
  .strictObject({
    url: RedisUrl.optional(),
    prefix: z
      .string()
      .regex(
        /^lifecycle[a-z0-9_-]*$/,
        "expected lower-case letters, digits, _ and -, beginning with lifecycle",
      )
      .optional(),
    /** Without a URL: may one found on 127.0.0.1 be used, a binary of this machine, the distribution's packages? */
    use_local: flag().default(true),
    local_port: int(1, 65_535).default(6379),
    use_installed: flag().default(true),
    use_packages: flag().default(true),
  })
  .prefault({});

const Concurrency = z.strictObject({
  plan: int(1, 64).default(2),
  /** Extract jobs one worker process has in hand per queue. */
  extract: int(1, 500).default(16),
  load: int(1, 64).default(1),
  transform: int(1, 64).default(1),
  evaluate: int(1, 64).default(1),
  publish: int(1, 64).default(1),
  notify: int(1, 64).default(1),
});

export const Queues = z
  .strictObject({
    lock_ms: milliseconds(500).default(60_000),
    stalled_interval_ms: milliseconds(250).default(60_000),
    /** A job whose worker died this often is given up: workers die for reasons of their own, and hold many jobs each. */
    max_stalled: int(0, 1000).default(25),
    attempts: int(1, 100).default(10),
    backoff: z
      .strictObject({ base_ms: milliseconds().default(1_000), cap_ms: milliseconds().default(60_000) })
      .prefault({}),
    /** A job that was only told to wait uses no attempt, but gives up at this age. */
    max_wait_age_ms: milliseconds(1, 86_400_000 * 7).default(6 * 3_600_000),
    concurrency: Concurrency.prefault({}),
    /** How often the producer compares ledger and queues. */
    reconcile_interval_ms: milliseconds(50).default(2_000),
    shutdown_deadline_ms: milliseconds(100).default(20_000),
  })
  .prefault({});

/** How `lifecycle fleet` starts what died. */
export const Supervisor = z
  .strictObject({
    restart_base_ms: milliseconds().default(500),
    restart_cap_ms: milliseconds().default(15_000),
    max_failures: int(1, 1000).default(5),
    failure_window_ms: milliseconds().default(60_000),
    stop_deadline_ms: milliseconds(100).default(25_000),
  })
  .prefault({});
