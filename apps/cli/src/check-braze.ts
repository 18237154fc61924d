import { openBrazeSource } from "@lifecycle/braze";
import { errorMessage, InputError } from "@lifecycle/contracts";
import { connectRedis, createClock, provideRedis, redisPrefix, type Workspace } from "@lifecycle/runtime";
import type { Finding } from "./finding.ts";
import type { Session } from "./session.ts";

/** Whether a workspace's key is accepted, and which resources its permissions turn on. */
export async function checkBraze(session: Session, workspace: Workspace): Promise<Finding[]> {
  const { settings, logger } = session;
  const what = `Braze ${workspace.name}`;
  if (workspace.usesSandbox)
    return [
      {
        what,
        level: "warn",
        detail: "no API key: the bundled sandbox plays Braze (set BRAZE_API_KEY and BRAZE_BASE_URL)",
      },
    ];
  const redis = await provideRedis(settings, { logger });
  const connection = connectRedis(redis.url, { role: "fail_fast", logger });
  try {
    const source = openBrazeSource({
      settings,
      workspace,
      redis: connection,
      prefix: redisPrefix(settings),
      clock: createClock(settings),
      logger,
    });
    try {
      return (await source.probe()).map(({ resource, state, reason }) =>
        state === "on"
          ? { what, level: "ok", detail: resource }
          : { what, level: "warn", detail: `${resource} is off: ${reason ?? "unknown reason"}` },
      );
    } finally {
      await source.close();
    }
  } catch (error) {
    return [
      { what, level: "fail", detail: error instanceof InputError ? error.message : errorMessage(error) },
    ];
  } finally {
    connection.disconnect();
    await redis.stop();
  }
}
