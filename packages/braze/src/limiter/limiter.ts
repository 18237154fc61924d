import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { RetryableError } from "@lifecycle/contracts";
import type { Logger } from "@lifecycle/runtime";
import Bottleneck from "bottleneck";
import type { Redis } from "ioredis";
import { acquireConnection, releaseConnection } from "./bottleneck-connection.ts";
import type { Bucket, QuotaHeaders } from "./bucket.ts";
import { Line } from "./line.ts";
import { adaptedPace, basePace, type Pace, type WindowView } from "./pace.ts";
import { WindowCount } from "./window-count.ts";

/** One permitted request: tell it what its own answer said, so that the fleet's count is exact. */
export interface Slot {
  observe(headers: QuotaHeaders): void;
}

export interface ScheduleOptions {
  signal?: AbortSignal | undefined;
  /** 0 first … 9 last, among what waits in this process. Default 5. */
  priority?: number | undefined;
}

export interface Limiter {
  readonly bucket: Bucket;
  /**
   * Runs `task` when the fleet may send one more request of this bucket. Waits for short turns itself.
   * Throws RetryableError `braze.rate_limited` with `retryAfterMs` when the wait is longer than `maxWaitMs`, RetryableError
   * `braze.limiter_unavailable` when Redis cannot be asked, the signal's reason when aborted, and what `task` throws.
   */
  schedule<T>(task: (signal: AbortSignal, slot: Slot) => Promise<T>, options?: ScheduleOptions): Promise<T>;
  /** Headers that belong to no slot of this limiter. */
  observe(headers: QuotaHeaders): void;
  /** No process of the fleet sends before `until`; an earlier instant than the one known changes nothing. */
  hold(until: Date): Promise<void>;
  /** The hold this process knows of, if one is on. */
  heldUntil(): Date | undefined;
  close(): Promise<void>;
}

export interface LimiterOptions {
  redis: Redis;
  /** Of every Redis key: `lifecycle`. */
  prefix: string;
  workspace: string;
  bucket: Bucket;
  /** The part of the bucket this fleet may use, 0 < share ≤ 1. */
  share: number;
  logger: Logger;
  /** Longest wait inside `schedule`. Default 5 s. */
  maxWaitMs?: number | undefined;
  /** After so long without an answer a request's process is taken to be dead. Default 90 s. */
  lostMs?: number | undefined;
  /** Epoch milliseconds; for tests. Never a frozen clock: windows pass in real time. */
  nowMs?: (() => number) | undefined;
}

const ADAPT_EVERY_MS = 250;
const LEAVE_MS = 1_000;
const REPEAT_PACE_MS = 5_000;
/** Turns that one process has asked for ahead of time; those of a process that leaves pass unused. */
const AHEAD_MS = 100;
const LONGEST_HOLD_MS = 2 * 3_600_000;
const HOLD_MESSAGE = "hold:";

/**
 * One rate limit shared by all processes of the fleet: bottleneck, clustered over Redis, spaces the starts; a script that
 * each start passes counts them per window of the server, so that no burst, late joiner or jitter goes over the limit; the
 * headers of every answer correct both.
 */
export function createLimiter(options: LimiterOptions): Limiter {
  return new FleetLimiter(options);
}

class FleetLimiter implements Limiter {
  readonly bucket: Bucket;
  readonly #redis: Redis;
  readonly #share: number;
  readonly #logger: Logger;
  readonly #maxWaitMs: number;
  readonly #now: () => number;
  readonly #count: WindowCount;
  readonly #pacer: Bottleneck;
  readonly #line = new Line();
  readonly #closed = new AbortController();
  #pace: Pace;
  #adaptedAt = 0;
  #adaptedFor = 0;
  #pacedAt = 0;
  #heldUntil = 0;
  #askAgainAt = 0;
  #turns = 0;
  #lostTurns = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LimiterOptions) {
    const { redis, bucket, share } = options;
    if (!(share > 0 && share <= 1)) throw new RangeError(`share must lie in (0, 1], not ${share}`);
    if (!(bucket.limit >= 1 && bucket.windowMs >= 1))
      throw new RangeError(`bucket ${bucket.name}: limit and windowMs must be at least 1`);
    this.bucket = bucket;
    this.#redis = redis;
    this.#share = share;
    this.#logger = options.logger.child({ workspace: options.workspace, bucket: bucket.name });
    this.#maxWaitMs = options.maxWaitMs ?? 5_000;
    this.#now = options.nowMs ?? Date.now;
    const id = `{${options.prefix}:braze:${options.workspace}:${bucket.name}}`;
    const { lostMs = 90_000 } = options;
    const onView = (view: WindowView) => this.#adapt(view);
    this.#count = new WindowCount({
      redis,
      id,
      bucket,
      share,
      lostMs,
      nowMs: this.#now,
      logger: this.#logger,
      onView,
    });
    this.#pace = basePace(bucket.limit, bucket.windowMs, share);
    this.#pacer = this.#createPacer(id);
    void this.#join();
  }

  async schedule<T>(
    task: (signal: AbortSignal, slot: Slot) => Promise<T>,
    { signal: outer, priority = 5 }: ScheduleOptions = {},
  ): Promise<T> {
    const signal = AbortSignal.any(outer ? [outer, this.#closed.signal] : [this.#closed.signal]);
    const turn = this.#line.join(priority, signal);
    this.#pump();
    const id = await turn;
    let settled = false;
    const settle = (headers?: QuotaHeaders) => {
      if (settled) return;
      settled = true;
      this.#count.settle(id, headers);
    };
    try {
      return await task(signal, { observe: settle });
    } finally {
      settle();
    }
  }

  observe(headers: QuotaHeaders): void {
    this.#count.settle("", headers);
  }

  async hold(until: Date): Promise<void> {
    const untilMs = Math.min(Math.ceil(until.getTime()), this.#now() + LONGEST_HOLD_MS);
    if (!(untilMs > this.#now())) return;
    this.#heldUntil = Math.max(this.#heldUntil, untilMs);
    try {
      await this.#count.hold(untilMs);
      await this.#pacer.publish(`${HOLD_MESSAGE}${untilMs}`);
    } catch (error) {
      this.#logger.warn({ err: error }, "a hold could not be shared with the fleet");
    }
  }

  heldUntil(): Date | undefined {
    return this.#heldUntil > this.#now() ? new Date(this.#heldUntil) : undefined;
  }

  async close(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    clearTimeout(this.#timer);
    this.#closed.abort(
      new RetryableError("braze.limiter_closed", `the limiter of ${this.bucket.name} is closed`),
    );
    // Turns already given out end by themselves; leaving earlier would keep their slots from the others until they expire.
    const left = new AbortController();
    const done = this.#pacer.stop({ dropWaitingJobs: false }).catch(() => {});
    await Promise.race([done, sleep(LEAVE_MS, undefined, { signal: left.signal }).catch(() => {})]);
    left.abort();
    await this.#count.flush();
    await this.#pacer.disconnect(false);
    releaseConnection(this.#redis);
  }

  #createPacer(id: string): Bottleneck {
    const onError = (error: unknown) =>
      this.#logger.warn({ err: error }, "the limiter has trouble with Redis");
    const paced: Bottleneck.ConstructorOptions & { heartbeatInterval: number } = {
      id,
      ...toSettings(this.#pace),
      connection: acquireConnection(this.#redis, onError),
      heartbeatInterval: 500,
    };
    const pacer = new Bottleneck(paced);
    pacer.on("error", onError);
    pacer.on("message", (message: string) => {
      const until = Number(
        message.startsWith(HOLD_MESSAGE) ? message.slice(HOLD_MESSAGE.length) : Number.NaN,
      );
      if (until > this.#heldUntil && until <= this.#now() + LONGEST_HOLD_MS) this.#heldUntil = until;
    });
    return pacer;
  }

  /** The first process to come stored its settings for all; a later one with other settings says so. A hold may be on already. */
  async #join(): Promise<void> {
    try {
      await this.#pacer.ready();
      this.#heldUntil = Math.max(this.#heldUntil, await this.#count.heldUntil());
      await this.#pacer.updateSettings(toSettings(this.#pace));
    } catch (error) {
      if (!this.#closed.signal.aborted)
        this.#logger.warn({ err: error }, "the limiter could not join its fleet");
    }
  }

  /** Asks bottleneck for a few turns, never for more than wait here; while on hold, for none. */
  #pump(): void {
    clearTimeout(this.#timer);
    if (this.#closed.signal.aborted || this.#line.size === 0) return;
    const waitMs = this.#blockedUntil() - this.#now();
    if (waitMs > this.#maxWaitMs) this.#line.rejectAll(this.#tooLong(waitMs));
    else if (waitMs > 0) this.#timer = setTimeout(() => this.#pump(), Math.ceil(waitMs));
    if (waitMs > 0) return;
    const { minTimeMs, starts, maxConcurrent } = this.#pace;
    const ahead = Math.min(maxConcurrent, Math.max(2, Math.min(16, Math.ceil(AHEAD_MS / minTimeMs))));
    while (this.#turns < Math.min(ahead, Math.ceil(this.#line.size / starts))) void this.#takeTurn();
  }

  async #takeTurn(): Promise<void> {
    this.#turns++;
    try {
      await this.#pacer.schedule({ expiration: this.#expirationMs() }, () => this.#serve());
      this.#lostTurns = 0;
    } catch (error) {
      // A stalled event loop lets turns expire: no reason to fail those who wait, but it must end.
      if (!(error instanceof Bottleneck.BottleneckError) || ++this.#lostTurns >= 5) {
        const message = `the limiter of ${this.bucket.name} got no answer from Redis`;
        this.#line.rejectAll(new RetryableError("braze.limiter_unavailable", message, { cause: error }));
      }
    } finally {
      this.#turns--;
      this.#pump();
    }
  }

  /** A turn came: the fleet's count decides, and whoever is first by now gets it. */
  async #serve(): Promise<void> {
    const wanted = Math.min(this.#line.size, this.#pace.starts);
    if (wanted === 0 || this.#blockedUntil() > this.#now()) return;
    const ids = Array.from({ length: wanted }, () => randomUUID());
    const { granted, heldUntil, askAgainAt } = await this.#count.admit(ids);
    this.#heldUntil = Math.max(this.#heldUntil, heldUntil);
    this.#askAgainAt = Math.max(this.#askAgainAt, askAgainAt);
    for (const id of ids.slice(0, granted)) {
      const waiter = this.#line.next();
      if (waiter) waiter.resolve(id);
      else this.#count.settle(id);
    }
  }

  /** Absolute and derived from what the server said, so that repeats by other processes are harmless. */
  #adapt(view: WindowView): void {
    const now = this.#now();
    if (view.resetAt === this.#adaptedFor && now < this.#adaptedAt + ADAPT_EVERY_MS) return;
    const wanted = adaptedPace(view, this.#share, now);
    const same =
      wanted.maxConcurrent === this.#pace.maxConcurrent &&
      wanted.starts === this.#pace.starts &&
      Math.abs(wanted.minTimeMs / this.#pace.minTimeMs - 1) <= 0.1;
    // What another process set, and perhaps did not live to correct, is corrected here in any case.
    const fresh = view.resetAt === this.#adaptedFor && now < this.#pacedAt + REPEAT_PACE_MS;
    this.#adaptedAt = now;
    this.#adaptedFor = view.resetAt;
    if (!same || !fresh) void this.#setPace(wanted, now);
  }

  async #setPace(pace: Pace, now: number): Promise<void> {
    this.#pace = pace;
    this.#pacedAt = now;
    try {
      await this.#pacer.updateSettings(toSettings(pace));
    } catch (error) {
      if (!this.#closed.signal.aborted) this.#logger.warn({ err: error }, "the pace could not be changed");
    }
  }

  #blockedUntil(): number {
    return Math.max(this.#heldUntil, this.#askAgainAt);
  }

  /** A turn lasts one script call; its slot is given out at most `maxConcurrent` turns ahead. */
  #expirationMs(): number {
    return Math.ceil(1_500 + 2 * this.#pace.maxConcurrent * this.#pace.minTimeMs);
  }

  #tooLong(waitMs: number): RetryableError {
    // Jitter, so that the fleet does not come back as one.
    const retryAfterMs = Math.ceil(waitMs + Math.random() * Math.min(1_000, waitMs * 0.1));
    const message = `Braze's limit ${this.bucket.name} is used up for now: asking again in ${Math.ceil(waitMs / 1000)} s`;
    return new RetryableError("braze.rate_limited", message, { retryAfterMs });
  }
}

function toSettings({ minTimeMs, maxConcurrent }: Pace) {
  return { minTime: minTimeMs, maxConcurrent };
}
