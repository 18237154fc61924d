/** A role to supervise. Its first argument says how it behaves; its pid and what it starts are written where it is told. */
import { spawn } from "node:child_process";
import { appendFileSync } from "node:fs";
import { announceReady, createLoggerTo, createShutdown, exitWithParent } from "@lifecycle/runtime";

const [behaviour, notes, name] = process.argv.slice(2) as [string, string, string];
const note = (text: string) => appendFileSync(notes, `${name} ${text}\n`);
const logger = createLoggerTo(name, (line) => process.stdout.write(line));

if (behaviour === "fail") {
  logger.error({ reason: "the disk is full" }, "cannot begin");
  process.exitCode = 1;
} else if (behaviour === "misconfigured") {
  process.stderr.write("config/settings.yaml: queues.lock_ms: got 1\n");
  process.exitCode = 78;
} else {
  const shutdown = createShutdown({ logger, deadlineMs: 40_000 });
  shutdown.onClose("note", () => note(`closed ${process.pid}`));
  exitWithParent(shutdown);
  if (behaviour === "stubborn") {
    process.removeAllListeners("SIGTERM");
    process.on("SIGTERM", () => {});
  }
  if (behaviour === "with-grandchild") {
    const grandchild = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
    note(`grandchild ${grandchild.pid}`);
  }
  setInterval(() => {}, 1_000);
  note(`started ${process.pid}`);
  announceReady({ pid: process.pid });
}
