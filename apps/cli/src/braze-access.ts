import { type BrazeSource, openBrazeSource } from "@lifecycle/braze";
import { connectRedis, createClock, provideRedis, redisPrefix } from "@lifecycle/runtime";
import { findHands, type Hands, type Session } from "./session.ts";

/** What there is already to reach Braze with. */
export type BrazeWay = Pick<Hands, "redisUrl" | "sandboxUrl">;

/** Braze as one workspace sees it; where the sandbox plays Braze and nothing of this installation is up, it is started meanwhile. */
export async function withBraze<T>(
  session: Session,
  workspace: string,
  use: (source: BrazeSource) => Promise<T>,
): Promise<T> {
  const { settings, logger, shutdown } = session;
  if (settings.workspaces[workspace]!.usesSandbox && !settings.sandbox.url) {
    const hands = await findHands(session);
    try {
      return await overWay(session, workspace, hands, use);
    } finally {
      await hands.release();
    }
  }
  const redis = await provideRedis(settings, { logger });
  shutdown.onClose("redis", () => redis.stop());
  return await overWay(session, workspace, { redisUrl: redis.url, sandboxUrl: undefined }, use);
}

/** The same, over what is there; a sandbox that is not up is not started. */
export async function overWay<T>(
  { settings, logger }: Session,
  workspace: string,
  way: BrazeWay,
  use: (source: BrazeSource) => Promise<T>,
): Promise<T> {
  const connection = connectRedis(way.redisUrl, { role: "fail_fast", logger });
  const url = way.sandboxUrl ?? settings.sandbox.url;
  const source = openBrazeSource({
    settings: { ...settings, sandbox: { ...settings.sandbox, ...(url ? { url } : {}) } },
    workspace: settings.workspaces[workspace]!,
    redis: connection,
    prefix: redisPrefix(settings),
    clock: createClock(settings),
    logger,
  });
  try {
    return await use(source);
  } finally {
    await source.close();
    connection.disconnect();
  }
}
