import { FatalError, InputError, RetryableError } from "@lifecycle/contracts";
import { QueryMistake } from "../query-mistake.ts";
import type { QueryOptions, QueryTarget } from "../warehouse.ts";
import { type Endpoint, ErrorAnswer, QueryAnswer, type QueryRequest, readEndpoint } from "./endpoint.ts";

/** The owner's word that it lives must come within this time. */
const HEALTH_TIMEOUT_MS = 2_000;
/** Time beyond the query's own that an answer may take on its way. */
const GRACE_MS = 10_000;

/**
 * The live owner of the warehouse file, or undefined when there is none (then the caller may open the file itself).
 * `query` throws what the owner threw, or `RetryableError warehouse.owner_lost` when it died meanwhile.
 */
export async function connectWarehouse(options: { stateDir: string }): Promise<QueryTarget | undefined> {
  const endpoint = await readEndpoint(options.stateDir);
  if (!endpoint || !(await isAlive(endpoint))) return undefined;
  return { query: (sql, queryOptions) => ask(endpoint, sql, queryOptions), close: async () => undefined };
}

async function isAlive(endpoint: Endpoint): Promise<boolean> {
  try {
    const response = await fetch(`${endpoint.url}/health`, {
      headers: authorisation(endpoint),
      signal: AbortSignal.timeout(HEALTH_TIMEOUT_MS),
    });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

async function ask(endpoint: Endpoint, sql: string, options: QueryOptions = {}) {
  const { signal, allowance: _, ...caps } = options; // who owns a file bills nothing
  const body: QueryRequest = { sql, ...caps };
  const patience = AbortSignal.timeout((options.timeoutMs ?? 60_000) + GRACE_MS);
  const answer = await fetch(`${endpoint.url}/query`, {
    method: "POST",
    headers: { ...authorisation(endpoint), "content-type": "application/json" },
    body: JSON.stringify(body),
    signal: signal ? AbortSignal.any([signal, patience]) : patience,
  })
    .then(async (response) => ({ status: response.status, body: (await response.json()) as unknown }))
    .catch((error) => {
      signal?.throwIfAborted();
      throw new RetryableError("warehouse.owner_lost", "the owner of the warehouse did not answer", {
        cause: error,
      });
    });
  if (answer.status === 200) return QueryAnswer.parse(answer.body);
  throw thrown(ErrorAnswer.parse(answer.body));
}

function thrown({ kind, code, message, word }: ErrorAnswer) {
  if (kind === "input")
    return word === undefined ? new InputError(code, message) : new QueryMistake(code, message, { word });
  return kind === "fatal" ? new FatalError(code, message) : new RetryableError(code, message);
}

function authorisation(endpoint: Endpoint) {
  return { authorization: `Bearer ${endpoint.token}` };
}
