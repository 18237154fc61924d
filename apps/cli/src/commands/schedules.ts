import type { Session } from "../session.ts";
import { formatTable } from "../terminal.ts";

/** `lifecycle schedules`: what the settings ask for by the clock. Returns the exit code. */
export function schedules({ settings, terminal }: Session): number {
  if (settings.schedules.length === 0) {
    terminal.line("No schedules. Add some under `schedules` in config/settings.yaml.");
    return 0;
  }
  const rows = settings.schedules.map(({ name, workspace, pipeline, when, written, window_days }) => [
    name,
    workspace,
    pipeline,
    when.kind === "every" ? written : `${written} (${when.time_zone})`,
    window_days ?? settings.run.window_days,
  ]);
  terminal.line(formatTable(["name", "workspace", "pipeline", "when", "days"], rows));
  return 0;
}
