import { ApiError } from "./api-error.ts";

export interface FakeRequest {
  method: string;
  /** Below the API's root (BigQuery: below `/bigquery/v2/projects/<project>`); uploads begin with `/upload`. */
  path: string;
  /** The id of the job that a request brings. */
  job?: string;
}

/** Something that goes wrong on purpose, for the next `times` requests that match. */
export interface Fault {
  method?: string;
  path?: RegExp;
  /** Of requests that bring a job. */
  job?: RegExp;
  times: number;
  /** Matching requests that it lets pass before the first it strikes; 0 unless told. */
  after?: number;
  /** The share of matching requests that it strikes, by a fixed sequence of chances; 1 unless told. */
  share?: number;
  /**
   * `answer`: refused with this error, nothing done. `cut`: the connection ends, nothing done. `cut-after`: done, but the connection
   * ends before the answer. `fail-job`: the job is taken and then fails with this error. `hold-job`: the job is taken and stays
   * pending until it is released.
   */
  does: "answer" | "cut" | "cut-after" | "fail-job" | "hold-job";
  error?: { status: number; reason: string; message?: string };
}

export class Faults {
  readonly #pending: { fault: Fault; left: number; passing: number }[] = [];
  #seed = 1;

  add(fault: Fault): void {
    this.#pending.push({ fault, left: fault.times, passing: fault.after ?? 0 });
  }

  clear(): void {
    this.#pending.length = 0;
  }

  /** The fault that strikes this request, used up by one. */
  take(request: FakeRequest): Fault | undefined {
    for (const entry of this.#pending) {
      if (entry.left === 0 || !matches(entry.fault, request)) continue;
      if (entry.passing > 0) {
        entry.passing -= 1;
        continue;
      }
      if (this.#chance() >= (entry.fault.share ?? 1)) continue;
      entry.left -= 1;
      return entry.fault;
    }
    return undefined;
  }

  /** Park and Miller's generator: the same chances in every run. */
  #chance(): number {
    this.#seed = (this.#seed * 48_271) % 2_147_483_647;
    return this.#seed / 2_147_483_647;
  }
}

function matches(fault: Fault, request: FakeRequest): boolean {
  if ((fault.method ?? request.method) !== request.method) return false;
  if (!(fault.path?.test(request.path) ?? true)) return false;
  return fault.job === undefined || (request.job !== undefined && fault.job.test(request.job));
}

export function faultError(fault: Fault): ApiError {
  const { status, reason, message } = fault.error ?? { status: 503, reason: "backendError" };
  return new ApiError(status, reason, message ?? `on demand: ${reason}`);
}
