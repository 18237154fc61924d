import { userInfo } from "node:os";
import { errorMessage, LifecycleError } from "@lifecycle/contracts";
import { type Landing, type Ledger, openLanding } from "@lifecycle/landing";
import { openQueues, queueNamesOf, queuePolicy } from "@lifecycle/queue";
import {
  createLogger,
  createShutdown,
  exitCodeOfSignal,
  findRedis,
  type Logger,
  loadSettings,
  provideRedis,
  redisPrefix,
  type Settings,
  type Shutdown,
} from "@lifecycle/runtime";
import { startFleet } from "./fleet.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

/** What every command has in its hands; opening it touches nothing but files. */
export interface Session {
  settings: Settings;
  logger: Logger;
  shutdown: Shutdown;
  ledger: Ledger;
  landing: Landing;
  terminal: Terminal;
  user: string;
  /** What is said when somebody interrupts the command from now on. */
  onInterrupt(words: string): void;
}

/** Makes what a command does, which answers with its exit code, the action of a command line. */
export type Act = <Args extends unknown[]>(
  body: (session: Session, ...args: Args) => Promise<number> | number,
) => (...args: Args) => Promise<void>;

export function openSession(): Session {
  const settings = loadSettings();
  const logger = createLogger({ role: "cli", settings, stdout: false });
  const terminal = openTerminal();
  let lastWords = "Interrupted.";
  return {
    settings,
    logger,
    shutdown: createShutdown({
      logger,
      deadlineMs: settings.supervisor.stop_deadline_ms + 5_000,
      exitCodeOn: (signal) => {
        terminal.line(lastWords);
        return exitCodeOfSignal(signal);
      },
    }),
    ...openLanding(settings),
    terminal,
    user: userName(),
    onInterrupt: (words) => {
      lastWords = words;
    },
  };
}

/** Something that runs jobs: a fleet that was up already, or one started for this command. */
export interface Hands {
  isLiveFleet: boolean;
  redisUrl: string;
  sandboxUrl: string | undefined;
  /** Aborted when the work cannot go on: Ctrl-C, or a process that was given up. */
  signal: AbortSignal;
  release(): Promise<void>;
}

const EXTRACT_WORKERS = 2;
/** The code of the error that a fleet's end gives to those who had handed it a run. */
export const FLEET_GONE = "fleet.gone";

/**
 * Joins the live fleet of this installation, or starts the roles and stops them with the command; without those that read Braze
 * where nothing will be extracted.
 */
export async function findHands(session: Session, options: { withoutBraze?: boolean } = {}): Promise<Hands> {
  const { settings, logger, shutdown } = session;
  const redis = await provideRedis(settings, { logger });
  shutdown.onClose("redis", () => redis.stop());
  if (await isFleetAlive(settings, redis.url)) return joinFleet(session, redis.url);
  session.terminal.line("  starting the processes …");
  const fleet = await startFleet({
    settings,
    logger,
    redis,
    shutdown,
    extractWorkers: options.withoutBraze ? 0 : EXTRACT_WORKERS,
    withBoard: false,
    ...options,
  });
  return {
    isLiveFleet: false,
    redisUrl: redis.url,
    sandboxUrl: fleet.sandboxUrl,
    signal: AbortSignal.any([shutdown.signal, fleet.broken]),
    release: () => fleet.stop(),
  };
}

const WATCH_MS = 3_000;

/** A fleet that somebody else has started may end before our run does; then its signal says `fleet.gone`. */
function joinFleet({ settings, shutdown }: Session, redisUrl: string): Hands {
  const gone = new AbortController();
  let misses = 0;
  const timer = setInterval(async () => {
    const isAlive = await isFleetAlive(settings, redisUrl).catch(() => false);
    misses = isAlive ? 0 : misses + 1;
    if (misses >= 2) gone.abort(new LifecycleError(FLEET_GONE, "The fleet has ended before the run did."));
  }, WATCH_MS);
  const release = async () => clearInterval(timer);
  shutdown.onClose("fleet watch", release);
  return {
    isLiveFleet: true,
    redisUrl,
    sandboxUrl: undefined,
    signal: AbortSignal.any([shutdown.signal, gone.signal]),
    release,
  };
}

/** Whether anybody works on runs now; undefined when Redis, which would tell, cannot be asked. Starts nothing. */
export async function isAnybodyWorking({ settings, logger }: Session): Promise<boolean | undefined> {
  try {
    const redis = await findRedis(settings, { logger });
    if (!redis) return false;
    return await isFleetAlive(settings, redis.url).finally(() => redis.stop());
  } catch (error) {
    logger.info({ reason: errorMessage(error) }, "nobody can be asked who works");
    return undefined;
  }
}

/** Whether a producer of this installation lives: it leaves its mark in Redis every few seconds. */
export async function isFleetAlive(settings: Settings, redisUrl: string): Promise<boolean> {
  const connection = { redisUrl, prefix: redisPrefix(settings) };
  const queues = openQueues(connection, queueNamesOf(settings), queuePolicy(settings));
  try {
    return await queues.isProducerAlive();
  } finally {
    await queues.close();
  }
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "unknown";
  }
}
