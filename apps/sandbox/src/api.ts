import type { IncomingMessage, ServerResponse } from "node:http";
import { ApiError } from "./api-error.ts";
import { deliverAnswer, type Outgoing } from "./deliver.ts";
import { Answer, type Endpoint } from "./endpoint.ts";
import { endpoints } from "./endpoints/index.ts";
import { drawFault, type Fault } from "./faults.ts";
import { readJson } from "./http.ts";
import type { JournalEntry } from "./journal.ts";
import type { BucketName, Grant } from "./limits.ts";
import { readParams } from "./params.ts";
import type { SandboxState } from "./state.ts";

const byRoute = new Map(endpoints.map((endpoint) => [`${endpoint.method} ${endpoint.path}`, endpoint]));
const NO_FAULT: Fault = { kind: undefined, delayMs: 0, seed: 0 };

/** Answers the documented API. `counter` numbers the requests, so that faults can be drawn from it. */
export async function answerApi(
  state: SandboxState,
  request: IncomingMessage,
  url: URL,
  response: ServerResponse,
  counter: number,
): Promise<void> {
  const endpoint = byRoute.get(`${request.method} ${url.pathname}`);
  const realMs = state.realNow();
  const entry: JournalEntry = {
    time: realMs,
    method: request.method ?? "",
    path: url.pathname,
    query: url.search.slice(1),
    bucket: endpoint?.bucket ?? null,
    object_id: endpoint?.objectParam ? url.searchParams.get(endpoint.objectParam) : null,
    status: 0,
    outcome: "rejected",
    fault: null,
  };
  const body = request.method === "POST" ? await readBody(request) : {};
  if (endpoint?.objectParam && entry.object_id === null && !(body instanceof ApiError)) {
    entry.object_id =
      typeof body[endpoint.objectParam] === "string" ? String(body[endpoint.objectParam]) : null;
  }
  const refusal = refuse(state, request, endpoint);
  const bucket: BucketName = endpoint?.bucket ?? "default";
  const grant = refusal ? state.limiter.peek(bucket, realMs) : state.limiter.take(bucket, realMs);
  const headers = { ...limitHeaders(grant), "x-request-id": `sandbox-${counter}` };
  let fault = NO_FAULT;
  let outgoing: Outgoing;
  if (refusal || !endpoint) outgoing = failure(refusal ?? new ApiError(404, "Not Found"), headers);
  else if (!grant.accepted) {
    entry.outcome = "refused";
    outgoing = failure(new ApiError(429, "Rate limit exceeded"), headers);
  } else {
    entry.outcome = "accepted";
    fault = drawFault(state.faults, state.faultSeed, counter);
    outgoing = compute(state, endpoint, url, body, entry.object_id, headers);
  }
  if (fault.kind) entry.fault = fault.kind;
  else if (fault.delayMs > 0) entry.fault = "slow";
  if (fault.kind === "429") entry.outcome = "refused";
  const done = deliverAnswer(response, outgoing, fault);
  entry.status = await done;
  state.journal.record(entry, grant.windowStartMs);
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown> | ApiError> {
  try {
    return await readJson(request);
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

/** Why a request never gets as far as its pool. */
function refuse(
  state: SandboxState,
  request: IncomingMessage,
  endpoint: Endpoint | undefined,
): ApiError | undefined {
  if (!endpoint) return new ApiError(404, "Not Found");
  if (state.faults.revoked || request.headers.authorization !== `Bearer ${state.key}`) {
    return new ApiError(401, "Invalid API key");
  }
  if (state.scopes && !state.scopes.has(endpoint.scope)) return new ApiError(403, "Access Denied");
  return undefined;
}

function compute(
  state: SandboxState,
  endpoint: Endpoint,
  url: URL,
  body: Record<string, unknown> | ApiError,
  objectId: string | null,
  headers: Record<string, string>,
): Outgoing {
  if (body instanceof ApiError) return failure(body, headers);
  if (objectId !== null && isBroken(state, objectId)) {
    return failure(new ApiError(500, "Internal Server Error"), headers);
  }
  const nowMs = Math.floor(state.clock.now() / 60_000) * 60_000;
  try {
    const { world, series, exports, baseUrl } = state;
    const context = { world, series, exports, baseUrl, nowMs };
    const answer = endpoint.answer({ params: readParams(url.searchParams), body }, context);
    if (!(answer instanceof Answer)) return { status: 200, body: answer, headers };
    return { status: 200, body: answer.body, headers: { ...headers, ...answer.headers } };
  } catch (error) {
    if (error instanceof ApiError) return failure(error, headers);
    throw error;
  }
}

function isBroken(state: SandboxState, objectId: string): boolean {
  const { broken } = state.faults;
  if (broken.length === 0) return false;
  if (broken.includes(objectId)) return true;
  const nowMs = state.clock.now();
  const campaign = state.world.campaignById(objectId, nowMs);
  if (campaign) return broken.includes(`campaign:${campaign.index}`);
  const canvas = state.world.canvasById(objectId, nowMs);
  if (canvas) return broken.includes(`canvas:${canvas.index}`);
  const segment = state.world.audience.catalogue.segments.find(({ id }) => id === objectId);
  return segment !== undefined && broken.includes(`segment:${segment.index}`);
}

function failure(error: ApiError, headers: Record<string, string>): Outgoing {
  return { status: error.status, body: error.body, headers };
}

/** Header names arrive in lower case, as over HTTP/2. */
function limitHeaders(grant: Grant): Record<string, string> {
  return {
    "x-ratelimit-limit": String(grant.limit),
    "x-ratelimit-remaining": String(grant.remaining),
    "x-ratelimit-reset": String(grant.resetSeconds),
  };
}
