import { addDays, parseWindowKey } from "@lifecycle/contracts";

export interface LogEntry {
  time: number;
  path: string;
  query: string;
  object_id: string | null;
  status: number;
  outcome: string;
}

/** A window of a series as it was asked for over HTTP. */
export interface Window {
  path: string;
  objectId: string;
  from: string;
  until: string;
}

/** Every answered request since the last reset, oldest first. */
export async function sandboxLog(url: string): Promise<LogEntry[]> {
  const response = await fetch(`${url}/__sandbox/log`);
  const { entries, dropped } = (await response.json()) as { entries: LogEntry[]; dropped: number };
  if (dropped > 0) throw new Error(`the sandbox's log has lost ${dropped} entries`);
  return entries;
}

/** The windows among them, as days: `length` of them, the last of which holds `ending_at`. */
export async function askedWindows(url: string): Promise<Window[]> {
  return (await sandboxLog(url)).flatMap((entry) => windowOf(entry) ?? []);
}

export function windowOf({ path, query, object_id }: LogEntry): Window | undefined {
  const params = new URLSearchParams(query);
  const [length, ending] = [params.get("length"), params.get("ending_at")];
  if (!length || !ending) return undefined;
  const until = addDays(ending.slice(0, 10), 1);
  return { path, objectId: object_id ?? "", from: addDays(until, -Number(length)), until };
}

/** Answered calls since the last reset, in all buckets. */
export async function acceptedCalls(url: string): Promise<number> {
  const response = await fetch(`${url}/__sandbox/stats`);
  return ((await response.json()) as { accepted: number }).accepted;
}

export async function moveClock(url: string, now: string): Promise<void> {
  const response = await fetch(`${url}/__sandbox/clock`, {
    method: "POST",
    body: JSON.stringify({ now }),
    headers: { "content-type": "application/json" },
  });
  if (!response.ok) throw new Error(`the sandbox did not take ${now}: ${response.status}`);
}

/** What a request asked for, the same each time it is asked: path, object and window. */
export function callOf(entry: LogEntry): string {
  const window = windowOf(entry);
  return [entry.path, entry.object_id ?? "", ...(window ? [window.from, window.until] : [])].join(" ");
}

const PATHS: Record<string, string> = {
  "campaigns-details": "/campaigns/details",
  "campaigns-data-series": "/campaigns/data_series",
  "canvas-details": "/canvas/details",
  "canvas-data-series": "/canvas/data_series",
};

/** The call that lands a part of these resources; undefined for other parts. */
export function callOfPart(part: string): string | undefined {
  const [resource = "", objectId = "", key] = part.split("__");
  const path = PATHS[resource];
  if (!path) return undefined;
  const window = key === undefined ? undefined : parseWindowKey(key);
  const days = window && window !== "all" ? [window.from, window.until] : [];
  return [path, objectId, ...days].join(" ");
}
