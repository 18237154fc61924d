/** A process that supervises two roles until it is told to stop, as `npm run fleet` does. */
import { createShutdown, silentLogger, supervise } from "@lifecycle/runtime";

const [role, notes] = process.argv.slice(2) as [string, string];
const shutdown = createShutdown({ logger: silentLogger, deadlineMs: 60_000 });
const restart = { baseMs: 20, capMs: 100, maxFailures: 3, windowMs: 60_000 };
const specs = ["one", "two"].map((name) => ({ name, args: [role, "serve", notes, name] }));
const supervisor = supervise(specs, { logger: silentLogger, restart, stopDeadlineMs: 50_000 });
shutdown.onClose("children", () => supervisor.stop());
await Promise.all([supervisor.ready("one"), supervisor.ready("two")]);
process.send?.("ready");
