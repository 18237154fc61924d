import { addDays, errorCode, errorMessage } from "@lifecycle/contracts";
import type { Answer } from "./http/client.ts";
import { firstQuery } from "./query.ts";
import type { Resource } from "./resource.ts";

export interface Probed {
  resource: string;
  /** Off: the key cannot read it, and asking again will not help until it is changed. */
  state: "on" | "off";
  reason: string;
  /** False when Braze gave no answer that tells. */
  isCertain: boolean;
  /** The key as a whole was refused. */
  isKeyRejected: boolean;
}

type Query = Record<string, string>;
type Ask = (resource: Resource, query: Query, json: Query | undefined) => Promise<Answer>;

/** An id that no object has: enough to learn whether the key may ask. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

/**
 * Asks once per permission, as little as possible: a list for its first page, the rest for one day of nobody. Only 401 and 403
 * switch a resource off; any other answer shows that the key was let in, or that Braze is not well. After a connection that
 * failed the rest is not asked.
 */
export async function probeScopes(
  resources: readonly Resource[],
  get: Ask,
  { signal, timeZone, today }: { signal: AbortSignal; timeZone: string; today: string },
): Promise<Probed[]> {
  const byScope = new Map<string, Finding>();
  let forAll: Finding | undefined;
  const probed: Probed[] = [];
  for (const resource of resources) {
    const { scope } = resource;
    const finding = forAll ?? byScope.get(scope) ?? (await find(resource));
    byScope.set(scope, finding);
    probed.push({ resource: resource.slug, ...finding });
  }
  return probed;

  async function find(resource: Resource): Promise<Finding> {
    if (resource.paging.style === "configured") return on("settings hold it");
    // Nothing in such a call could be wrong enough not to start an export.
    if (resource.paging.style === "export" && !resource.idParam)
      return {
        ...on(`not checked: asking would start an export (needs ${resource.scope})`),
        isCertain: true,
      };
    try {
      const isPost = resource.paging.style === "export";
      const query = smallestQuery(resource, { timeZone, today });
      await get(resource, isPost ? {} : query, isPost ? query : undefined);
      return on(`the key has ${resource.scope}`);
    } catch (error) {
      signal.throwIfAborted();
      const finding = meaningOf(error, resource.scope);
      if (finding.isKeyRejected || errorCode(error) === "braze.connection") forAll = finding;
      return finding;
    }
  }
}

function smallestQuery(resource: Resource, where: { timeZone: string; today: string }): Query {
  const window = { from: addDays(where.today, -1), until: where.today };
  const objectId = resource.secondIdParam ? `${NOBODY}/${NOBODY}` : NOBODY;
  return firstQuery(resource, { objectId, window }, where);
}

/** What a refusal tells of the key's permission. */
function meaningOf(error: unknown, scope: string): Finding {
  const [code, message] = [errorCode(error), errorMessage(error)];
  if (code === "braze.key_rejected") return { ...off(message), isKeyRejected: true };
  if (code === "braze.scope_missing") return off(message);
  if (code === "braze.bad_request" || code === "braze.not_found") return on(`the key has ${scope}`);
  return { ...on(`not checked: ${message}`), isCertain: false };
}

type Finding = Omit<Probed, "resource">;

const on = (reason: string): Finding => ({ state: "on", reason, isCertain: true, isKeyRejected: false });
const off = (reason: string): Finding => ({ state: "off", reason, isCertain: true, isKeyRejected: false });
