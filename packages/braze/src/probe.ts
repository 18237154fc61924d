import { addDays, errorCode, errorMessage } from "@lifecycle/contracts";
import type { Answer } from "./http/client.ts";
import { firstPage } from "./paging.ts";
import type { Resource } from "./resource.ts";
import { dateParams, windowParams } from "./series-window.ts";

export interface Probed {
  resource: string;
  /** Off: the key cannot read it, and asking again will not help until it is changed. */
  state: "on" | "off";
  reason: string;
}

/** An id that no object has: enough to learn whether the key may ask, when a list is empty or closed. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

/**
 * Asks each resource once, as little as possible: a list for its first page, the rest for one day of the list's first
 * object. Only 401 and 403 switch a resource off; any other answer shows that the key was let in, or that Braze is not well.
 */
export async function probeScopes(
  resources: readonly Resource[],
  get: (resource: Resource, query: Record<string, string>) => Promise<Answer>,
  { signal, timeZone, today }: { signal: AbortSignal; timeZone: string; today: string },
): Promise<Probed[]> {
  const probed: Probed[] = [];
  const firstIds = new Map<string, string>();
  let keyRejected: string | undefined;
  for (const resource of resources) {
    const query: Record<string, string> = {
      ...resource.params,
      ...resource.paramsOn?.(today),
      ...firstPage(resource.paging),
    };
    if (resource.idParam) query[resource.idParam] = firstIds.get(resource.parent ?? "") ?? NOBODY;
    const yesterday = { from: addDays(today, -1), until: today };
    if (resource.window?.as === "dates") Object.assign(query, dateParams(yesterday));
    else if (resource.window) Object.assign(query, windowParams(yesterday, timeZone));
    const { state, reason } = keyRejected ? off(keyRejected) : await ask(resource, query);
    probed.push({ resource: resource.slug, state, reason });
  }
  return probed;

  async function ask(resource: Resource, query: Record<string, string>): Promise<Finding> {
    const on = { state: "on", reason: `the key has ${resource.scope}` } as const;
    try {
      const { body } = await get(resource, query);
      const id = resource.toRows(body, { today }).rows[0]?.row[resource.object?.idColumn ?? ""];
      if (typeof id === "string") firstIds.set(resource.slug, id);
      return on;
    } catch (error) {
      signal.throwIfAborted();
      const code = errorCode(error);
      if (code === "braze.key_rejected") keyRejected = errorMessage(error);
      if (code === "braze.key_rejected" || code === "braze.scope_missing") return off(errorMessage(error));
      const isLetIn = code === "braze.bad_request" || code === "braze.not_found";
      return isLetIn ? on : { state: "on", reason: `not checked: ${errorMessage(error)}` };
    }
  }
}

type Finding = Omit<Probed, "resource">;

const off = (reason: string): Finding => ({ state: "off", reason });
