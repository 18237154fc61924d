import { InputError, type RunPlan, type RunRequest } from "@lifecycle/contracts";
import { controlRun, mustBeKept, readRunState } from "@lifecycle/ingest";
import { loadPipelines } from "@lifecycle/runtime";
import { RUN_EXIT } from "../outcome.ts";
import { progressOf } from "../progress.ts";
import { runAndFollow } from "../run-and-follow.ts";
import type { Session } from "../session.ts";
import { formatTable, stageOf, toTheSecond } from "../terminal.ts";
import { mustBePast, windowOf } from "../wanted-days.ts";
import { workspaceOf } from "./run.ts";
import { today } from "./start.ts";

const BACKFILL = 10;

export interface BackfillFlags {
  from?: string;
  to?: string;
  campaign?: string[];
  resources?: string[];
  workspace?: string;
  yes?: boolean;
}

/**
 * `lifecycle backfill --from --to`: days before the watermark, at low priority. Plans first, prints the quote and asks; asked for again
 * after an interruption it goes on where it stopped. Returns the exit code.
 */
export async function backfill(session: Session, flags: BackfillFlags): Promise<number> {
  const window = windowOf(flags);
  if (!window)
    throw new InputError(
      "backfill.no_window",
      "Say which days: lifecycle backfill --from YYYY-MM-DD --to YYYY-MM-DD.",
    );
  const { terminal } = session;
  const workspace = workspaceOf(session, flags.workspace);
  mustBePast(window, today(session, workspace));
  mustBeKept(window, session.settings.warehouse.retention_days, today(session, workspace));
  if (!flags.yes && !terminal.isInteractive)
    throw new InputError(
      "backfill.not_confirmed",
      "Nobody is here to agree to the quote. Add --yes to go on without asking; `lifecycle plan braze` shows what a run would cost.",
    );
  const { settled, hands } = await runAndFollow(
    session,
    {
      workspace,
      pipeline: "braze",
      window,
      trigger: "backfill",
      requestedBy: session.user,
      priority: BACKFILL,
      hold: true,
      objectIds: flags.campaign,
      resources: flags.resources && knownResources(session, flags.resources),
    },
    async (plan) => {
      nameStrangers(session, plan, flags.campaign ?? []);
      return flags.yes === true || terminal.confirm("Go on?");
    },
  );
  await hands.release();
  return RUN_EXIT[settled.status];
}

/** Slugs as given, separated by commas or not. Throws `backfill.unknown_resource`. */
function knownResources(session: Session, given: readonly string[]): string[] {
  const pipeline = loadPipelines(session.settings).get("braze");
  const known = pipeline?.kind === "braze" ? pipeline.resources : [];
  const wanted = given.flatMap((text) => text.split(",")).filter(Boolean);
  const unknown = wanted.filter((slug) => !known.includes(slug));
  if (unknown.length === 0) return wanted;
  throw new InputError(
    "backfill.unknown_resource",
    `There is no resource ${unknown.join(", ")} in the pipeline braze. Known: ${known.join(", ")}.`,
  );
}

function nameStrangers({ terminal }: Session, plan: RunPlan, wanted: readonly string[]): void {
  const found = new Set(plan.parts.map((part) => part.objectId));
  for (const id of wanted)
    if (!found.has(id)) terminal.line(`  no campaign or Canvas of this workspace has the id ${id}`);
}

/** `lifecycle backfill list`: every backfill, the newest first. */
export async function listBackfills({ ledger, terminal }: Session): Promise<number> {
  const requests = (await Promise.all((await ledger.listRunIds()).map((id) => ledger.readRequest(id))))
    .filter((request): request is RunRequest => request !== undefined && request.priority >= BACKFILL)
    .toSorted((a, b) => b.requestedAt.localeCompare(a.requestedAt));
  if (requests.length === 0) terminal.line("There is no backfill yet.");
  else {
    const rows = await Promise.all(
      requests.map(async ({ runId, requestedAt, requestedBy }) => {
        const settled = await ledger.readSettled(runId);
        const state = settled?.status ?? stageOf(progressOf(await readRunState(ledger, runId)));
        return [runId, state, toTheSecond(requestedAt), requestedBy];
      }),
    );
    terminal.line(formatTable(["backfill", "state", "asked", "by"], rows));
  }
  return 0;
}

const SAID = {
  paused: "paused: nothing new is begun, what is under way ends. `lifecycle backfill resume` goes on.",
  go: "goes on, as soon as a fleet is up.",
  cancelled: "cancelled: it ends with what has landed.",
} as const;

/** `lifecycle backfill pause|resume|cancel <run>`. */
export async function controlBackfill(
  { ledger, terminal, user }: Session,
  runId: string,
  state: keyof typeof SAID,
): Promise<number> {
  await controlRun(ledger, runId, state, user, new Date());
  terminal.line(`${runId} ${SAID[state]}`);
  return 0;
}
