import { type BrazeSource, NOT_LISTED } from "@lifecycle/braze";
import { errorMessage, InputError } from "@lifecycle/contracts";
import { provideRedis, type Workspace } from "@lifecycle/runtime";
import { overWay } from "./braze-access.ts";
import type { Finding } from "./finding.ts";
import type { Session } from "./session.ts";

const NO_KEY = "no API key: the bundled sandbox plays Braze (set BRAZE_API_KEY and BRAZE_BASE_URL)";

/** Whether a workspace's key is accepted, and which resources are on, off and why. */
export async function checkBraze(session: Session, workspace: Workspace): Promise<Finding[]> {
  const { settings, logger } = session;
  const what = `Braze ${workspace.name}`;
  const redis = await provideRedis(settings, { logger });
  try {
    return await overWay(
      session,
      workspace.name,
      { redisUrl: redis.url, sandboxUrl: undefined },
      async (source): Promise<Finding[]> => {
        const byKey = workspace.usesSandbox ? [] : await source.probe();
        const found = resourceFindings(what, source.states(), byKey);
        return workspace.usesSandbox ? [{ what, level: "warn", detail: NO_KEY }, ...found] : found;
      },
    );
  } catch (error) {
    return [
      { what, level: "fail", detail: error instanceof InputError ? error.message : errorMessage(error) },
    ];
  } finally {
    await redis.stop();
  }
}

/** Which resources are on, and why others are off: by settings, or by what the key may read. */
function resourceFindings(
  what: string,
  states: ReturnType<BrazeSource["states"]>,
  byKey: Awaited<ReturnType<BrazeSource["probe"]>>,
): Finding[] {
  const notByKey = new Map(
    byKey.filter(({ state }) => state === "off").map(({ resource, reason }) => [resource, reason]),
  );
  const resources = states
    .filter(({ reason }) => reason !== NOT_LISTED)
    .map(({ resource, state, reason }): Finding => {
      const why = notByKey.get(resource) ?? reason;
      if (state === "off" || notByKey.has(resource))
        return { what, level: "warn", detail: `${resource} is off: ${why}` };
      return { what, level: "ok", detail: why === "" ? resource : `${resource} (${why})` };
    });
  const others = states.filter(({ reason }) => reason === NOT_LISTED).map(({ resource }) => resource);
  if (others.length === 0) return resources;
  return [...resources, { what, level: "ok", detail: `off, because ${NOT_LISTED}: ${others.join(", ")}` }];
}
