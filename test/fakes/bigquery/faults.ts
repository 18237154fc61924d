import { ApiError } from "./api-error.ts";

export interface FakeRequest {
  method: string;
  /** Below `/bigquery/v2/projects/<project>`; uploads begin with `/upload`. */
  path: string;
}

/** Something that goes wrong on purpose, for the next `times` requests that match. */
export interface Fault {
  method?: string;
  path?: RegExp;
  times: number;
  /**
   * `answer`: refused with this error, nothing done. `cut`: the connection ends, nothing done. `cut-after`: done, but the connection
   * ends before the answer. `fail-job`: the job is taken and then fails with this error.
   */
  does: "answer" | "cut" | "cut-after" | "fail-job";
  error?: { status: number; reason: string; message?: string };
}

export class Faults {
  readonly #pending: Fault[] = [];

  add(fault: Fault): void {
    this.#pending.push({ ...fault });
  }

  /** The fault that strikes this request, used up by one. */
  take(request: FakeRequest): Fault | undefined {
    const fault = this.#pending.find(
      (candidate) =>
        candidate.times > 0 &&
        (candidate.method ?? request.method) === request.method &&
        (candidate.path?.test(request.path) ?? true),
    );
    if (fault) fault.times -= 1;
    return fault;
  }
}

export function faultError(fault: Fault): ApiError {
  const { status, reason, message } = fault.error ?? { status: 503, reason: "backendError" };
  return new ApiError(status, reason, message ?? `on demand: ${reason}`);
}
