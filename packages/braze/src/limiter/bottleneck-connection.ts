import Bottleneck from "bottleneck";
import type { Redis } from "ioredis";

type Callback = (error: Error | null, result?: unknown) => void;
type Script = (...args: unknown[]) => unknown;

/** The parts of bottleneck 2.19.5 (frozen since 2019) that its types leave out. */
interface Internals {
  __scriptFn__(name: string): Script;
  __removeLimiter__(limiter: { channel(): string; channel_client(): string }): void;
  limiters: Record<string, unknown>;
  subscriber: Redis;
}

interface Shared {
  connection: Bottleneck.IORedisConnection;
  users: number;
}

const shared = new WeakMap<Redis, Shared>();

/**
 * The connection that all limiters over one Redis client share: the client as given, and one subscriber of its own.
 * Give each back with `releaseConnection`; the last one closes the subscriber and leaves the client open.
 */
export function acquireConnection(
  redis: Redis,
  onError: (error: unknown) => void,
): Bottleneck.IORedisConnection {
  const known = shared.get(redis);
  if (known) {
    known.users++;
    return known.connection;
  }
  const connection = leaveQuietly(healRedis7(new Bottleneck.IORedisConnection({ client: redis })));
  connection.on("error", onError);
  shared.set(redis, { connection, users: 1 });
  return connection;
}

export function releaseConnection(redis: Redis): void {
  const known = shared.get(redis);
  if (!known || --known.users > 0) return;
  shared.delete(redis);
  internals(known.connection).subscriber.disconnect();
}

/**
 * Redis 7 puts "ERR " before what a script reports, and bottleneck compares its own reports by equality: after a wiped
 * Redis or a silent spell it would reject for ever. Without the prefix it repairs itself (upstream issues 205, 212, 219).
 */
function healRedis7(connection: Bottleneck.IORedisConnection): Bottleneck.IORedisConnection {
  const inner = internals(connection);
  const original = inner.__scriptFn__.bind(connection);
  inner.__scriptFn__ = (name) => {
    const run = original(name);
    return (...args) => {
      const done = args.pop() as Callback;
      return run(...args, (error: Error | null, result?: unknown) => {
        if (error?.message.startsWith("ERR ")) error.message = error.message.slice(4);
        done(error, result);
      });
    };
  };
  return connection;
}

/** Leaving while Redis is away must not end the process: nobody hears bottleneck's own unsubscribe fail. */
function leaveQuietly(connection: Bottleneck.IORedisConnection): Bottleneck.IORedisConnection {
  const inner = internals(connection);
  inner.__removeLimiter__ = (limiter) => {
    for (const channel of [limiter.channel(), limiter.channel_client()]) {
      delete inner.limiters[channel];
      inner.subscriber.unsubscribe(channel).catch(() => {});
    }
  };
  return connection;
}

function internals(connection: Bottleneck.IORedisConnection): Internals {
  return connection as unknown as Internals;
}
