/** Work that is done by the hundred: on a terminal it would push away what a person looks for. The activity log has every line. */
const ROUTINE = new Set(["job", "model built"]);
const OWN = new Set(["level", "time", "role", "pid", "msg", "event", "err", "reason"]);
const WORST = 240;

/**
 * A line of a process's log for a person: `10:03:12  producer     run settled  run_id=… status=complete`. Undefined for routine that went
 * well. What is no line of a log comes out as it is.
 */
export function readableLine(name: string, line: string): string | undefined {
  const entry = parsed(line);
  if (entry === undefined) return `${" ".repeat(10)}${name.padEnd(12)} ${line}`;
  const { level = "info", time, event, msg = event, reason, err } = entry;
  if (level === "debug" || level === "trace") return undefined;
  if (level === "info" && ROUTINE.has(String(msg)) && (entry.outcome ?? "done") === "done") return undefined;
  const facts = Object.entries(entry)
    .filter(([key, value]) => !OWN.has(key) && value !== null && value !== "")
    .map(([key, value]) => `${key}=${typeof value === "object" ? JSON.stringify(value) : value}`);
  const why = reason ?? (err as { message?: unknown } | undefined)?.message;
  const words = [
    String(time ?? "")
      .slice(11, 19)
      .padEnd(8),
    name.padEnd(11),
    ...(level === "info" ? [] : [String(level).toUpperCase()]),
    String(msg),
    ...(why === undefined ? [] : [String(why)]),
    facts.join(" "),
  ];
  const text = words.filter((word) => word !== "").join("  ");
  return text.length > WORST ? `${text.slice(0, WORST)}…` : text;
}

function parsed(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith("{")) return undefined;
  try {
    const entry: unknown = JSON.parse(line);
    const isEntry = typeof entry === "object" && entry !== null && ("msg" in entry || "event" in entry);
    return isEntry ? (entry as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
