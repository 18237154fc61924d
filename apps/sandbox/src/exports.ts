import { hash32, hashText, uuid } from "@lifecycle/simulation";
import { ApiError } from "./api-error.ts";

/** A user export: which users, which fields, as of which instant of the world. */
export interface ExportJob {
  /** Undefined: the global control group. */
  segmentId: string | undefined;
  fields: string[];
  /** Called once the file is ready; loopback addresses only. */
  callback: string | undefined;
  nowMs: number;
}

/** Exports in preparation and ready ones. Nothing is built before it is downloaded. */
export interface ExportDesk {
  /** Queues a job and returns its object prefix. Throws 429 while the same segment is being exported, 400 beyond 100. */
  start(job: ExportJob, downloadBase: string): string;
  /** The job behind a prefix, once it is ready and until it expires. */
  ready(prefix: string): ExportJob | undefined;
}

const MOST_RUNNING = 100;
const KEPT_MS = 4 * 3_600_000;

export function createExportDesk(delayMs: number, realNow: () => number): ExportDesk {
  const jobs = new Map<string, { job: ExportJob; readyAt: number }>();
  let counter = 0;
  const sweep = (now: number) => {
    for (const [prefix, { readyAt }] of jobs) if (readyAt + KEPT_MS < now) jobs.delete(prefix);
  };
  return {
    start(job, downloadBase) {
      const now = realNow();
      sweep(now);
      const running = [...jobs.values()].filter(({ readyAt }) => readyAt > now);
      if (running.some((other) => other.job.segmentId === job.segmentId)) {
        throw new ApiError(429, "An export of this segment is already running");
      }
      if (running.length >= MOST_RUNNING) throw new ApiError(400, "Too many exports are running");
      const key = hash32(hashText(job.segmentId ?? "control"), ++counter);
      const prefix = `${uuid(key, now & 0xffff)}-${Math.floor(now / 1000)}`;
      jobs.set(prefix, { job, readyAt: now + delayMs });
      if (job.callback) callLater(job.callback, `${downloadBase}${prefix}.zip`, delayMs);
      return prefix;
    },
    ready(prefix) {
      const found = jobs.get(prefix);
      const now = realNow();
      return found && found.readyAt <= now && now < found.readyAt + KEPT_MS ? found.job : undefined;
    },
  };
}

/** Posts the success message. Only to this machine: a sandbox calls nobody else. */
function callLater(callback: string, url: string, delayMs: number): void {
  const target = URL.canParse(callback) ? new URL(callback) : undefined;
  if (!target || !["127.0.0.1", "localhost", "[::1]"].includes(target.hostname)) return;
  const timer = setTimeout(() => {
    const body = JSON.stringify({ success: true, url });
    const headers = { "content-type": "application/json" };
    // Nobody is told whether a callback arrived: neither by Braze nor here.
    fetch(target, { method: "POST", body, headers, signal: AbortSignal.timeout(5_000) }).catch(
      () => undefined,
    );
  }, delayMs);
  timer.unref();
}
