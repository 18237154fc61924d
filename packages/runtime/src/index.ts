export { rotateActivityLog } from "./activity-log.ts";
export {
  asidePath,
  completeFile,
  discard,
  replaceFile,
  sweepLeftovers,
  temporaryFolder,
  withTemporaryFolder,
} from "./aside.ts";
export { announceReady, exitWithParent } from "./child.ts";
export { type Clock, createClock, frozenClock } from "./clock.ts";
export { EXIT, exitCodeOf } from "./exit-codes.ts";
export { createLogger, createLoggerTo, type Logger, type LoggerOptions, silentLogger } from "./logger.ts";
export { type OwnRedis, startOwnRedis } from "./own-redis.ts";
export { piiSalt } from "./pii-salt.ts";
export { freePort } from "./ports.ts";
export { isAlive, markOf, markText, parseMark } from "./processes.ts";
export { findBinary, findRedis, type ProvidedRedis, provideRedis } from "./redis.ts";
export { connectRedis, probeRedis, type RedisFacts, type RedisRole, redisPrefix } from "./redis-connect.ts";
export { loadExperimentsConfig, loadPipelines } from "./reviewed-config.ts";
export { type RoleContext, startRole } from "./role.ts";
export { maskSecrets, registerSecret, Secret } from "./secret.ts";
export { loadSettings, type Settings, SettingsError, type Workspace } from "./settings.ts";
export type { ScheduleSettings } from "./settings-schema.ts";
export type { SettingsProblem } from "./settings-sources.ts";
export { inShortLived, type ShortLived } from "./short-lived.ts";
export type { Ask, Perform } from "./short-lived-process.ts";
export { createShutdown, exitCodeOfSignal, type Shutdown, type ShutdownOptions } from "./shutdown.ts";
export {
  type ChildSpec,
  type ChildState,
  type ChildStatus,
  type GaveUp,
  type Supervisor,
  type SupervisorOptions,
  supervise,
  supervisorOptions,
} from "./supervisor.ts";
export { withholdSecrets } from "./withheld.ts";
