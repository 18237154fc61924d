import { FatalError, RetryableError } from "@lifecycle/contracts";

/** One call, as people should see it in an error: never with its query, which may hold personal data. */
export interface CallName {
  workspace: string;
  resource: string;
  method: "GET" | "POST";
  path: string;
  scope: string;
  requestId: string;
}

/** An answer that is not a success. */
export interface Refusal {
  status: number;
  /** Braze's own words, shortened; empty when it sent none. */
  said: string;
  /** 429: how long it asks us to wait. */
  retryAfterMs?: number | undefined;
}

/** `campaigns-list (GET /campaigns/list, workspace main, request 7f3c)` */
export function describe(call: CallName): string {
  return `${call.resource} (${call.method} ${call.path}, workspace ${call.workspace}, request ${call.requestId})`;
}

/**
 * What an unsuccessful answer means for the job, by its status alone: the texts are not documented.
 * 401, 403, 404, 3xx and other 4xx will not change by asking again; 408, 425, 429 and 5xx may.
 */
export function outcomeOf(
  call: CallName,
  { status, said, retryAfterMs }: Refusal,
): FatalError | RetryableError {
  const about = describe(call);
  const words = said === "" ? "" : `: ${said}`;
  if (status === 429) {
    const message = `Braze's rate limit is reached at ${about}${words}`;
    return new RetryableError("braze.rate_limited", message, { retryAfterMs: retryAfterMs ?? 1_000 });
  }
  if (status >= 500 || status === 408 || status === 425)
    return new RetryableError("braze.server_error", `Braze answered ${status} to ${about}${words}`);
  if (status === 401) {
    const hint = "check the REST API key, that it belongs to this cluster, and its IP allowlist";
    return new FatalError("braze.key_rejected", `Braze refused the key for ${about}${words}; ${hint}`);
  }
  if (status === 403) {
    const message = `the key lacks the permission ${call.scope}, needed for ${about}${words}`;
    return new FatalError("braze.scope_missing", message);
  }
  if (status === 404) return new FatalError("braze.not_found", `Braze does not know ${about}${words}`);
  if (status >= 300 && status < 400) {
    const message = `Braze's address answered ${status} (a redirect) to ${about}: check base_url`;
    return new FatalError("braze.redirected", message);
  }
  return new FatalError("braze.bad_request", `Braze answered ${status} to ${about}${words}`);
}
