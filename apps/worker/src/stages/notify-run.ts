import { RetryableError, type RunRequest } from "@lifecycle/contracts";
import { publishedStatus, readRunState, runOutcome } from "@lifecycle/ingest";
import type { StageDeps } from "./deps.ts";

const TIMEOUT_MS = 10_000;

/** Tells people how a run ended: a line in the activity log and, where configured, a Slack message. */
export async function notifyRun(
  deps: Pick<StageDeps, "ledger" | "logger" | "settings" | "now">,
  request: RunRequest,
): Promise<unknown> {
  const state = await readRunState(deps.ledger, request.runId);
  const status = runOutcome(state) ?? publishedStatus(state);
  const missing = state.dead.map((letter) => letter.objectName ?? letter.work);
  deps.logger.info({ run_id: request.runId, status, missing: missing.slice(0, 10) }, "run ended");
  const url = deps.settings.notify.slack_webhook_url;
  if (url && status !== "complete")
    await postToSlack(
      url.reveal(),
      `${request.runId} ended ${status}. Missing: ${missing.slice(0, 10).join(", ") || "nothing"}`,
    );
  await deps.ledger.writeStage({
    runId: request.runId,
    stage: "notify",
    finishedAt: deps.now().toISOString(),
  });
  return { status };
}

async function postToSlack(url: string, text: string): Promise<void> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ text }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    throw new RetryableError("notify.unreachable", "The Slack webhook could not be reached.");
  }
  await response.body?.cancel();
  if (!response.ok)
    throw new RetryableError("notify.refused", `The Slack webhook answered ${response.status}.`);
}
