import { NOT_LISTED, type ResourceState } from "@lifecycle/braze";
import { errorMessage, type RunRequest } from "@lifecycle/contracts";
import { type BrazeWay, overWay } from "./braze-access.ts";
import type { Session } from "./session.ts";

/** Which resources are on, off and why: a line for what is on, one for each that is off against its will, one for what nobody asked for. */
export function describeResources(states: readonly ResourceState[]): string[] {
  const of = (wanted: ResourceState["state"]) => states.filter(({ state }) => state === wanted);
  const [on, off] = [of("on"), of("off")];
  const notListed = off.filter(({ reason }) => reason === NOT_LISTED);
  const idle = Map.groupBy(of("idle"), ({ reason }) => reason);
  const names = (list: readonly ResourceState[]) => list.map(({ resource }) => resource).join(", ");
  return [
    `${on.length} Braze resources are on`,
    ...off
      .filter(({ reason }) => reason !== NOT_LISTED)
      .map(({ resource, reason }) => `off: ${resource}: ${reason}`),
    ...[...idle].map(([reason, list]) => `nothing to read of ${names(list)}: ${reason}`),
    ...(notListed.length > 0 ? [`off, because ${NOT_LISTED}: ${names(notListed)}`] : []),
  ];
}

/**
 * Says so before a run begins. Asks Braze what the key may read, unless somebody has lately; what prevents that, the run will say itself.
 */
export async function announceResources(
  session: Session,
  request: Pick<RunRequest, "workspace" | "resources">,
  way: BrazeWay,
): Promise<void> {
  const { terminal, logger, shutdown } = session;
  try {
    const states = await overWay(session, request.workspace, way, async (source) => {
      await source.checkPermissions({ signal: shutdown.signal });
      return source.states();
    });
    const wanted = request.resources && new Set(request.resources);
    const shown = wanted ? states.filter(({ resource }) => wanted.has(resource)) : states;
    for (const line of describeResources(shown)) terminal.line(`  ${line}`);
  } catch (error) {
    shutdown.signal.throwIfAborted();
    logger.warn({ err: error }, "could not ask what the key may read");
    terminal.line(`  which Braze resources are on is not known: ${errorMessage(error)}`);
  }
}
