import { join } from "node:path";
import { InputError } from "@lifecycle/contracts";
import { provideRedis } from "@lifecycle/runtime";
import { startFleet } from "../fleet.ts";
import { readableLine } from "../log-line.ts";
import { isFleetAlive, type Session } from "../session.ts";
import { counted } from "../terminal.ts";

/** `npm run fleet`: stays up until Ctrl-C. Returns the exit code, when a process of it had to be given up. */
export async function fleet(session: Session, flags: { workers: number }): Promise<number> {
  const { settings, logger, shutdown, terminal } = session;
  session.onInterrupt("Stopping the fleet: what is under way ends, the rest waits for the next one …");
  const redis = await provideRedis(settings, { logger });
  shutdown.onClose("redis", () => redis.stop());
  if (await isFleetAlive(settings, redis.url))
    throw new InputError(
      "fleet.already_up",
      "A fleet of this installation is up already. Stop it first, or use it: lifecycle run, lifecycle status.",
    );
  // Registered before the fleet, so it is said after the fleet is down.
  shutdown.onClose("last word", () =>
    terminal.line("The fleet has stopped. Runs that have not ended go on with the next one."),
  );
  const up = await startFleet({
    settings,
    logger,
    redis,
    shutdown,
    extractWorkers: flags.workers,
    withBoard: true,
    onLine: (name, line) => {
      const shown = terminal.isScreen ? readableLine(name, line) : `${name.padEnd(11)} ${line}`;
      if (shown !== undefined) terminal.line(shown);
    },
  });
  terminal.line(`Fleet is up: ${counted(flags.workers, "extract worker")}. Redis: ${redis.origin}.`);
  terminal.line(`  board    ${up.boardUrl}`);
  if (up.sandboxUrl) terminal.line(`  sandbox  ${up.sandboxUrl} (no Braze key is set)`);
  if (terminal.isScreen)
    terminal.line(`  log      ${join(settings.logs.path, "activity.log")}; below, only what is no routine`);
  terminal.line("  Ctrl-C stops all of it.");
  const gaveUp = await up.supervisor.ended;
  if (!gaveUp) return 0;
  terminal.line(`${gaveUp.name} does not run: ${gaveUp.reason}`);
  return 1;
}
