import { readFileSync } from "node:fs";

/** A process as it can be found again later: a pid alone may by then belong to someone else. */
export interface ProcessMark {
  pid: number;
  /** When it started, in the kernel's ticks (Linux); `0` where the system does not say. */
  started: string;
}

/** The mark of this or another process. */
export function markOf(pid = process.pid): ProcessMark {
  return { pid, started: statOf(pid)?.started ?? "0" };
}

/** Whether a marked process still runs. A zombie does not. */
export function isAlive(mark: ProcessMark): boolean {
  try {
    process.kill(mark.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  const stat = statOf(mark.pid);
  if (!stat) return process.platform !== "linux";
  return stat.state !== "Z" && stat.state !== "X" && (mark.started === "0" || stat.started === mark.started);
}

/** Fields 3 and 22 of /proc/<pid>/stat (proc(5)); the name before them may hold spaces and brackets. */
function statOf(pid: number): { state: string; started: string } | undefined {
  if (process.platform !== "linux") return undefined;
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return { state: fields[0] ?? "", started: fields[19] ?? "0" };
  } catch {
    return undefined;
  }
}

/** `pid-started`: a mark as it stands in a file or its name. */
export function markText(mark: ProcessMark): string {
  return `${mark.pid}-${mark.started}`;
}

/** Reads what `markText` wrote, also with more behind it; undefined for anything else. */
export function parseMark(text: string): ProcessMark | undefined {
  const match = /^(\d+)-(\d+)/.exec(text);
  return match ? { pid: Number(match[1]), started: match[2]! } : undefined;
}

/** Asks a process to end, insists after `patienceMs`, and returns when it is gone. */
export async function endProcess(mark: ProcessMark, patienceMs = 5_000): Promise<void> {
  signalIfAlive(mark, "SIGTERM");
  if (await goneWithin(mark, patienceMs)) return;
  signalIfAlive(mark, "SIGKILL");
  await goneWithin(mark, patienceMs);
}

/** Whether a process ended within the time. */
export async function goneWithin(mark: ProcessMark, ms: number): Promise<boolean> {
  const until = Date.now() + ms;
  while (isAlive(mark)) {
    if (Date.now() > until) return false;
    await pause(25);
  }
  return true;
}

function signalIfAlive(mark: ProcessMark, signal: NodeJS.Signals): void {
  if (!isAlive(mark)) return;
  try {
    process.kill(mark.pid, signal);
  } catch {
    // It ended between the look and the signal.
  }
}

/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms);
  });
}

/** Whether `work` ended within the time; it goes on if it did not. */
export async function endsWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((done) => {
    timer = setTimeout(() => done(false), ms);
  });
  try {
    return await Promise.race([work.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}
