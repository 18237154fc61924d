import { errorCode, errorMessage, InputError } from "@lifecycle/contracts";
import { sweepLeftovers } from "./aside.ts";
import { exitWithParent } from "./child.ts";
import { EXIT, exitCodeOf } from "./exit-codes.ts";
import { createLogger, type Logger } from "./logger.ts";
import { redisPrefix } from "./redis-connect.ts";
import { loadSettings, type Settings } from "./settings.ts";
import { createShutdown, type Shutdown } from "./shutdown.ts";

/** What every long-running process has in its hands. */
export interface RoleContext {
  settings: Settings;
  logger: Logger;
  shutdown: Shutdown;
  /** Throws `redis.unavailable` when nobody handed this process a Redis; roles that need none never ask. */
  readonly redisUrl: string;
  /** Leads every Redis key of this installation. */
  redisPrefix: string;
}

/**
 * Runs one role of the fleet (producer, worker, board) until it is told to stop or its parent is gone. What starts it hands it
 * Redis through REDIS_URL. An error before it is ready ends the process with one line and the exit code it stands for.
 */
export async function startRole(role: string, start: (context: RoleContext) => Promise<void>): Promise<void> {
  const settings = settingsOrExit();
  const logger = createLogger({ role, settings });
  const shutdown = createShutdown({ logger, deadlineMs: settings.queues.shutdown_deadline_ms });
  exitWithParent(shutdown);
  const fail = (error: unknown): Promise<void> => {
    logger.fatal({ code: errorCode(error), reason: errorMessage(error) }, `${role} cannot go on`);
    if (!(error instanceof InputError)) logger.debug({ err: error }, "where it happened");
    return shutdown.stop("failed", exitCodeOf(error));
  };
  process.on("uncaughtException", (error) => void fail(error));
  process.on("unhandledRejection", (error) => void fail(error));
  void sweepLeftovers();
  try {
    await start({
      settings,
      logger,
      shutdown,
      get redisUrl() {
        return redisUrlOf(settings);
      },
      redisPrefix: redisPrefix(settings),
    });
  } catch (error) {
    await fail(error);
  }
}

function settingsOrExit(): Settings {
  try {
    return loadSettings();
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(EXIT.config);
  }
}

function redisUrlOf(settings: Settings): string {
  if (settings.redis.url) return settings.redis.url.reveal();
  throw new InputError(
    "redis.unavailable",
    "REDIS_URL is not set. A role is started by `npm run fleet`, which finds or provides Redis, or with REDIS_URL.",
  );
}
