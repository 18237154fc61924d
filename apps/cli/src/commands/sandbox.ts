import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Session } from "../session.ts";

/** `lifecycle sandbox …`: runs the sandbox in the foreground with the flags given. Returns its exit code. */
export async function sandbox({ settings, shutdown }: Session, flags: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [join(settings.root, "apps/sandbox/src/main.ts"), ...flags], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
  shutdown.onClose("sandbox", async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGTERM");
    await once(child, "exit");
  });
  const [code] = await once(child, "exit");
  return typeof code === "number" ? code : 0;
}
