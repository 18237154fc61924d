import { announceReady, exitWithParent } from "@lifecycle/runtime";
import { readOptions } from "./options.ts";
import { startSandbox } from "./server.ts";

/** Exit code for a flag that cannot be read, as in the CLI. */
const EXIT_USAGE = 64;

async function main(): Promise<void> {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(process.argv.slice(2), process.env, Date.now());
  } catch (error) {
    process.stderr.write(`sandbox: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = EXIT_USAGE;
    return;
  }
  const sandbox = await startSandbox(options);
  // The supervisor's channel would keep the process alive, so its end is said aloud.
  const stop = async () => {
    await sandbox.close();
    process.exit(0);
  };
  process.once("SIGTERM", stop).once("SIGINT", stop);
  exitWithParent({ stop });
  const ready = { event: "listening", url: sandbox.url, now: new Date(options.nowMs).toISOString() };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  announceReady({ url: sandbox.url });
}

main().catch((error: unknown) => {
  process.stderr.write(`sandbox: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = error instanceof RangeError ? EXIT_USAGE : 1;
});
