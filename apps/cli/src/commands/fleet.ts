import { InputError } from "@lifecycle/contracts";
import { provideRedis } from "@lifecycle/runtime";
import { startFleet } from "../fleet.ts";
import { isFleetAlive, type Session } from "../session.ts";

/** `npm run fleet`: stays up until Ctrl-C. Returns the exit code, when a process of it had to be given up. */
export async function fleet(session: Session, flags: { workers: number }): Promise<number> {
  const { settings, logger, shutdown, terminal } = session;
  const redis = await provideRedis(settings, { logger });
  shutdown.onClose("redis", () => redis.stop());
  if (await isFleetAlive(settings, redis.url))
    throw new InputError(
      "fleet.already_up",
      "A fleet of this installation is up already. Stop it first, or use it: lifecycle run, lifecycle status.",
    );
  const up = await startFleet({
    settings,
    logger,
    redis,
    shutdown,
    extractWorkers: flags.workers,
    withBoard: true,
    onLine: (name, line) => terminal.line(`${name.padEnd(11)} ${line}`),
  });
  terminal.line(`Fleet is up: ${flags.workers} extract workers. Redis: ${redis.origin}.`);
  terminal.line(`  board    ${up.boardUrl}`);
  if (up.sandboxUrl) terminal.line(`  sandbox  ${up.sandboxUrl} (no Braze key is set)`);
  terminal.line("  Ctrl-C stops all of it.");
  const gaveUp = await up.supervisor.ended;
  if (!gaveUp) return 0;
  terminal.line(`${gaveUp.name} does not run: ${gaveUp.reason}`);
  return 1;
}
