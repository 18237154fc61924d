import { FatalError, LifecycleError, RetryableError } from "@lifecycle/contracts";

/** Reasons after which the same work may succeed (BigQuery "Error messages" page, column "Troubleshooting"). */
const retryableReasons = new Set([
  "backendError",
  "internalError",
  "jobBackendError",
  "jobInternalError",
  "jobRateLimitExceeded",
  "rateLimitExceeded",
  "tableUnavailable",
]);

/** Quotas refill over minutes to a day; asking sooner only spends more. */
const quotaReasons = new Set(["quotaExceeded"]);
const QUOTA_WAIT_MS = 10 * 60_000;

/** What of an error of the client or of a job's `errorResult` carries meaning. */
export interface ApiProblem {
  /** HTTP status; undefined when no answer came; 200 for a job that was taken and failed; 401 also when no token was to be had. */
  status: number | undefined;
  reason: string | undefined;
  message: string;
  cause: unknown;
}

export function problemOf(error: unknown): ApiProblem {
  const shape = (typeof error === "object" && error !== null ? error : {}) as {
    code?: unknown;
    errors?: { reason?: string; message?: string }[];
    message?: string;
    response?: { data?: { error?: unknown } };
  };
  const first = shape.errors?.[0];
  // A token server names its error by a text (RFC 6749, 5.2), an API by an object.
  const noToken = typeof shape.response?.data?.error === "string";
  return {
    status: noToken ? 401 : typeof shape.code === "number" ? shape.code : undefined,
    reason: first?.reason,
    message: (first?.message ?? shape.message ?? String(error)).split("\n", 1)[0]!,
    cause: error,
  };
}

/** No answer, or one that leaves open whether the request was carried out. */
export function isAmbiguous(problem: ApiProblem): boolean {
  if (problem.cause instanceof LifecycleError) return false;
  return problem.status === undefined || problem.status === 408 || problem.status >= 500;
}

/** A request that may simply be sent again. Every request of this driver may be: each names what it makes. */
export function isTransient(problem: ApiProblem): boolean {
  return isAmbiguous(problem) || problem.status === 429 || isRetryableReason(problem.reason);
}

/**
 * Of two transactions that change rows of one table at once BigQuery cancels one, and may give up a statement outside a transaction: without
 * effect, and right the next time. Its reason is `invalidQuery`, as for a mistake in the text; only the words of its "Error messages" page tell.
 */
const gaveWay =
  /^(Query error: )?(Transaction is aborted|Could not serialize access to table .*) due to concurrent update/;

/** Whether a job that was taken and failed may succeed when it is done again. */
export function mayPass({ reason, message }: ApiProblem): boolean {
  return isRetryableReason(reason) || (reason === "invalidQuery" && gaveWay.test(message));
}

function isRetryableReason(reason: string | undefined): boolean {
  return reason !== undefined && retryableReasons.has(reason);
}

const fatalCodes: Readonly<Record<string, string>> = {
  accessDenied: "warehouse.access_denied",
  invalidQuery: "warehouse.sql_failed",
  notFound: "warehouse.table_missing",
  bytesBilledLimitExceeded: "warehouse.cost_capped",
  responseTooLarge: "warehouse.answer_too_large",
  stopped: "warehouse.stopped",
  timeout: "warehouse.stopped",
};

/** What to do about it, where BigQuery's own words do not say. */
const remedies: Readonly<Record<string, string>> = {
  "warehouse.credentials":
    "log in again, or mend the file that GOOGLE_APPLICATION_CREDENTIALS or warehouse.bigquery.credentials_file names",
  "warehouse.access_denied":
    "give the identity of this process the roles that deploy/README.md lists; lifecycle doctor says which one is missing",
  "warehouse.quota": `tried again in ${QUOTA_WAIT_MS / 60_000} minutes`,
  "warehouse.stopped":
    "somebody cancelled the job, or it took longer than warehouse.bigquery.job_timeout_ms or BigQuery itself allows",
};

export function toLifecycleError(problem: ApiProblem, doing: string): LifecycleError {
  if (problem.cause instanceof LifecycleError) return problem.cause;
  const said = `${doing}: ${problem.message}`;
  const message = (code: string) => (remedies[code] === undefined ? said : `${said} (${remedies[code]})`);
  const options = { cause: problem.cause };
  if (problem.reason !== undefined && quotaReasons.has(problem.reason)) {
    const code = "warehouse.quota";
    return new RetryableError(code, message(code), { ...options, retryAfterMs: QUOTA_WAIT_MS });
  }
  if (isTransient(problem)) return new RetryableError("warehouse.unavailable", said, options);
  const code = fatalCode(problem);
  return new FatalError(code, message(code), options);
}

function fatalCode({ status, reason }: ApiProblem): string {
  if (status === 401) return "warehouse.credentials";
  if (status === 404) return "warehouse.table_missing";
  return fatalCodes[reason ?? ""] ?? "warehouse.request_refused";
}
