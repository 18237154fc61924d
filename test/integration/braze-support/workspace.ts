import {
  type BrazeSource,
  type BrazeSourceOptions,
  brazeBuckets,
  createBrazeSource,
  createLimiter,
  type Limiter,
} from "@lifecycle/braze";
import { addDays, type DayWindow, dateInZone } from "@lifecycle/contracts";
import { frozenClock, silentLogger } from "@lifecycle/runtime";
import { Redis } from "ioredis";
import { expect } from "vitest";
import { type RunningSandbox, startSandbox } from "./sandbox.ts";

export const ZONE = "America/New_York";
export const KEY = "sandbox-key";

export type Row = Record<string, unknown>;

/** A sandbox and what is needed to read it, as one workspace. */
export interface TestWorkspace {
  sandbox: RunningSandbox;
  /** By bucket. */
  limiters: ReadonlyMap<string, Limiter>;
  /** The last days of its world, today included. */
  window(days: number): DayWindow;
  open(more?: Partial<BrazeSourceOptions>): BrazeSource;
  /** A section of the truth over a window, `&app_id=…` and the like added. */
  truth<T>(section: string, window: DayWindow, more?: string): Promise<T>;
  close(): Promise<void>;
}

let count = 0;

export async function openWorkspace(redisUrl: string, ...flags: string[]): Promise<TestWorkspace> {
  const sandbox = await startSandbox("--time-zone", ZONE, ...flags);
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const shared = {
    redis,
    prefix: `lifecycle-test-${process.pid}-${count++}`,
    workspace: "main",
    share: 1,
    logger: silentLogger,
  };
  const limiters = new Map<string, Limiter>(
    Object.values(brazeBuckets).map((bucket) => [bucket.name, createLimiter({ ...shared, bucket })]),
  );
  const opened: BrazeSource[] = [];
  const tomorrow = addDays(dateInZone(new Date(sandbox.now), ZONE), 1);
  return {
    sandbox,
    limiters,
    window: (days) => ({ from: addDays(tomorrow, -days), until: tomorrow }),
    open: (more) => {
      const source = createBrazeSource({
        workspace: "main",
        baseUrl: sandbox.url,
        apiKey: KEY,
        timeZone: ZONE,
        limiters,
        clock: frozenClock(sandbox.now),
        logger: silentLogger,
        ...more,
      });
      opened.push(source);
      return source;
    },
    truth: async (section, { from, until }, more = "") => {
      const path = `truth?only=${section}&from=${from}&to=${addDays(until, -1)}${more}`;
      return ((await sandbox.control(path)) as never)[section];
    },
    close: async () => {
      await Promise.all(opened.map((source) => source.close()));
      await Promise.all([...limiters.values()].map((limiter) => limiter.close()));
      redis.disconnect();
      await sandbox.stop();
    },
  };
}

/** All rows of a resource by target, and the calls they took; nothing may be set aside. */
export async function readAll(
  source: BrazeSource,
  resource: string,
  wanted: { objectId?: string; window?: DayWindow } = {},
) {
  const rows = new Map<string, Row[]>();
  let calls = 0;
  for await (const page of source.extract(resource, wanted, { signal: AbortSignal.timeout(200_000) })) {
    expect(page).toMatchObject({ rejected: [], outsideWindow: 0, missingDays: [], schemaChanges: [] });
    calls += page.calls;
    for (const { target, row } of page.rows) rows.set(target, [...(rows.get(target) ?? []), row]);
  }
  return { of: (target: string) => rows.get(target) ?? [], calls };
}

export const cents = (amount: unknown) => (amount === null ? null : Math.round(Number(amount) * 100));

/** What an extraction ends with; throws when it does not fail. */
export async function failureOf(source: BrazeSource, resource: string, wanted = {}): Promise<unknown> {
  try {
    for await (const _ of source.extract(resource, wanted, { signal: AbortSignal.timeout(200_000) }));
  } catch (error) {
    return error;
  }
  throw new Error("it did not fail");
}
