import type { IncomingMessage, ServerResponse } from "node:http";
import { setImmediate as nextTurn } from "node:timers/promises";
import { campaignAssignments } from "@lifecycle/simulation";
import { ApiError } from "./api-error.ts";
import { changeFaults } from "./faults.ts";
import { readJson, sendJson } from "./http.ts";
import { parseForeign, parseLimits } from "./limits.ts";
import { parseInstant } from "./params.ts";
import type { SandboxState } from "./state.ts";
import { truthText } from "./truth.ts";
import { readTruthQuery } from "./truth-query.ts";

/** What one control path does; the returned object is the JSON answer, undefined means it has answered itself. */
type Control = (
  state: SandboxState,
  request: { query: URLSearchParams; body: Record<string, unknown> },
  response: ServerResponse,
) => object | undefined | Promise<object | undefined>;

const controls: Record<string, Control> = {
  "GET /__sandbox/health": (state) => ({ ok: true, now: new Date(state.clock.now()).toISOString() }),
  "GET /__sandbox/stats": (state) => ({
    now: new Date(state.clock.now()).toISOString(),
    ...state.journal.stats(state.limiter),
  }),
  "POST /__sandbox/stats/reset": (state) => {
    state.journal.reset();
    return { ok: true };
  },
  "GET /__sandbox/log": (state, { query }) =>
    state.journal.log(Number(query.get("since") ?? 0), query.get("path")),
  "GET /__sandbox/faults": (state) => state.faults,
  "POST /__sandbox/faults": (state, { body }) => {
    state.faults = asked(() => changeFaults(state.faults, body));
    return state.faults;
  },
  "POST /__sandbox/clock": (state, { body }) => {
    const ms = parseInstant(String(body.now ?? ""));
    if (Number.isNaN(ms)) throw new ApiError(400, "`now` must be an ISO 8601 instant");
    state.clock.set(ms);
    return { now: new Date(ms).toISOString() };
  },
  "POST /__sandbox/limits": (state, { body }) => {
    asked(() => state.limiter.setLimits(parseLimits(String(body.limits ?? ""))));
    asked(() => state.limiter.setForeign(parseForeign(String(body.foreign ?? ""))));
    return state.limiter.limits();
  },
  "GET /__sandbox/assignments": async (state, _, response) => {
    const nowMs = state.clock.now();
    response.writeHead(200, { "content-type": "text/csv" });
    response.write("experiment,unit_id,arm_id,assigned_at\n");
    for (const campaign of state.world.campaigns(nowMs)) {
      if (!campaign.isMultivariate) continue;
      const rows = [...campaignAssignments(state.world, campaign, nowMs)];
      const lines = rows.map((row) => `${Object.values(row).join(",")}\n`).join("");
      if (response.destroyed) return undefined;
      if (!response.write(lines)) await drained(response);
      await nextTurn();
    }
    response.end();
    return undefined;
  },
  "GET /__sandbox/truth": async (state, { query }, response) => {
    const nowMs = state.clock.now();
    response.writeHead(200, { "content-type": "application/json" });
    for (const text of truthText(state.world, nowMs, readTruthQuery(query, state.world, nowMs))) {
      if (response.destroyed) return undefined;
      if (!response.write(text)) await drained(response);
      await nextTurn(); // Counting is work: other requests get their turn in between.
    }
    response.end();
    return undefined;
  },
};

/** Answers `/__sandbox/…`: no key, no limits, no faults. */
export async function answerControl(
  state: SandboxState,
  request: IncomingMessage,
  url: URL,
  response: ServerResponse,
): Promise<void> {
  const control = controls[`${request.method} ${url.pathname}`];
  if (!control) return sendJson(response, 404, { message: "Not Found", known: Object.keys(controls) });
  try {
    const body = request.method === "POST" ? await readJson(request) : {};
    const answer = await control(state, { query: url.searchParams, body }, response);
    if (answer) sendJson(response, 200, answer);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    sendJson(response, error.status, { message: error.message });
  }
}

function asked<T>(change: () => T): T {
  try {
    return change();
  } catch (error) {
    if (error instanceof RangeError) throw new ApiError(400, error.message);
    throw error;
  }
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off("drain", done).off("close", done);
      resolve();
    };
    response.on("drain", done).on("close", done);
  });
}
