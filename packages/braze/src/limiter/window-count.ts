import type { Logger } from "@lifecycle/runtime";
import type { Redis } from "ioredis";
import type { Bucket, QuotaHeaders } from "./bucket.ts";
import type { WindowView } from "./pace.ts";
import { runScript, scripts } from "./scripts.ts";

export interface Admission {
  /** How many of the ids may be sent now. */
  granted: number;
  /** Epoch ms until which nobody sends; 0 when no hold is on. */
  heldUntil: number;
  /** Epoch ms at which there may be room again; 0 when there was some. */
  askAgainAt: number;
}

interface WindowCountOptions {
  redis: Redis;
  /** `{…}`: leads the keys and keeps them on one node of a Redis cluster. */
  id: string;
  bucket: Bucket;
  share: number;
  lostMs: number;
  nowMs: () => number;
  logger: Logger;
  /** What each script call saw of the window. */
  onView: (view: WindowView) => void;
}

/** Answers are collected for so long before they are counted in one call. */
const SETTLE_MS = 5;

/** The fleet's count of the server's current window, which lives in Redis (see `scripts.ts`). */
export class WindowCount {
  readonly #options: WindowCountOptions;
  readonly #keys: readonly [state: string, inflight: string, hold: string];
  #answers: (string | number)[] = [];

  constructor(options: WindowCountOptions) {
    this.#options = options;
    this.#keys = [`${options.id}:window`, `${options.id}:inflight`, `${options.id}:hold`];
  }

  /** Counts as many of the requests named by `ids` as may be sent now. Throws what Redis throws. */
  async admit(ids: readonly string[]): Promise<Admission> {
    const { verdict, at, granted } = await this.#run(scripts.admit, ids);
    return { granted, heldUntil: verdict === 2 ? at : 0, askAgainAt: verdict === 0 ? at : 0 };
  }

  /** A request was answered, or will never be. Not awaited by anyone: no request waits for its bookkeeping. */
  settle(id: string, { limit, remaining, resetAt }: QuotaHeaders = { limit: 0, remaining: 0 }): void {
    if (this.#answers.length === 0) setTimeout(() => void this.flush(), SETTLE_MS);
    this.#answers.push(id, limit, remaining, resetAt?.getTime() ?? 0);
  }

  /** Counts the answers collected so far. Never throws. */
  async flush(): Promise<void> {
    const answers = this.#answers;
    if (answers.length === 0) return;
    this.#answers = [];
    try {
      await this.#run(scripts.settle, answers);
    } catch (error) {
      this.#options.logger.warn({ err: error }, "answers could not be counted");
    }
  }

  /** Moves the hold to `untilMs` unless a later one is on. */
  async hold(untilMs: number): Promise<void> {
    await runScript(this.#options.redis, scripts.hold, [this.#keys[2]], [untilMs]);
  }

  /** The hold that is on, in epoch ms; 0 when there is none. */
  async heldUntil(): Promise<number> {
    return Number(await this.#options.redis.get(this.#keys[2]));
  }

  async #run(script: string, args: readonly (string | number)[]) {
    const { redis, bucket, share, lostMs, nowMs, onView } = this.#options;
    const common = [nowMs(), bucket.limit, bucket.windowMs, share, lostMs];
    const answer = (await runScript(redis, script, this.#keys, [...common, ...args])) as number[];
    const [verdict = 0, at = 0, granted = 0, limit = 0, resetAt = 0, windowMs = 0, free = 0, foreign = 0] =
      answer;
    onView({ limit, resetAt, windowMs, free, foreign });
    return { verdict, at, granted };
  }
}
