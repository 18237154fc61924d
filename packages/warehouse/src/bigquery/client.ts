import { setTimeout as delay } from "node:timers/promises";
import type { BigQuery } from "@google-cloud/bigquery";
import { LifecycleError } from "@lifecycle/contracts";
import { type ApiProblem, isTransient, problemOf, toLifecycleError } from "./errors.ts";

export interface BigquerySettings {
  projectId: string;
  /** Base name of the three datasets; `lifecycle` unless told. */
  dataset?: string;
  /** Where the datasets live and every job runs: `EU`, `US`, `europe-west1`. Given, never guessed. */
  location: string;
  /** Instead of Google's, for a fake or a private endpoint: `http://127.0.0.1:9050`. */
  apiEndpoint?: string;
  /** Key file; without it Application Default Credentials, workload identity included. */
  keyFilename?: string;
  /** On every job, beside `app`, `kind` and `table`. */
  labels?: Readonly<Record<string, string>>;
  /** A query that would bill more fails without charge. */
  maximumBytesBilled?: number;
  /** A job that takes longer is stopped by BigQuery; 3,600,000 unless told. */
  jobTimeoutMs?: number;
  /** Pause before the second try of a request, doubled each time up to five tries; 500 unless told. */
  retryDelayMs?: number;
  /** First pause between two looks at a running job, growing to twenty times that; 250 unless told. */
  pollDelayMs?: number;
}

/** The real client, and how this driver calls it. */
export interface Connection {
  bigquery: BigQuery;
  settings: BigquerySettings;
  /** Sends a request that may be sent again, up to five times. Throws classified errors naming `doing`. */
  call<T>(doing: string, send: () => Promise<T>): Promise<T>;
}

const TRIES = 5;

/** Loads the client only now: it takes 58 MB that a process on DuckDB must not spend. */
export async function openConnection(settings: BigquerySettings): Promise<Connection> {
  const { BigQuery } = await import("@google-cloud/bigquery");
  const bigquery = new BigQuery({
    projectId: settings.projectId,
    location: settings.location,
    ...(settings.apiEndpoint === undefined ? {} : { apiEndpoint: settings.apiEndpoint }),
    ...(settings.keyFilename === undefined ? {} : { keyFilename: settings.keyFilename }),
    // Ours below: theirs does not know which errors of a job are worth another try.
    autoRetry: false,
  });
  return { bigquery, settings, call: (doing, send) => call(bigquery, settings, doing, send) };
}

async function call<T>(
  bigquery: BigQuery,
  settings: BigquerySettings,
  doing: string,
  send: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await send();
    } catch (error) {
      const problem = await whyUnanswered(bigquery, problemOf(error));
      if (attempt >= TRIES || !isTransient(problem)) throw toLifecycleError(problem, doing);
      await delay(retryPause(settings, attempt));
    }
  }
}

/** Doubled from one attempt to the next, and never quite the same for two who wait for the same. */
export function retryPause({ retryDelayMs = 500 }: BigquerySettings, attempt: number): number {
  return retryDelayMs * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
}

/** What fails with neither an answer nor a network's error may have lacked credentials: no request was sent, and none will be. */
async function whyUnanswered({ authClient }: BigQuery, problem: ApiProblem): Promise<ApiProblem> {
  const { type } = Object(problem.cause) as { type?: string }; // of a request that got no answer
  if (problem.status !== undefined || type !== undefined || problem.cause instanceof LifecycleError)
    return problem;
  const lacking = await authClient.getClient().then(() => undefined, problemOf);
  return lacking && lacking.message === problem.message ? { ...problem, status: 401 } : problem;
}

/** The answer, or undefined where BigQuery says there is no such thing. */
export async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (problemOf((error as Error).cause).status === 404) return undefined;
    throw error;
  }
}
