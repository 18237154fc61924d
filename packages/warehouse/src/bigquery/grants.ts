import type { Policy } from "@google-cloud/bigquery";
import type { Connection } from "./client.ts";
import { problemOf } from "./errors.ts";
import { tableOf } from "./schema.ts";

const TRIES = 3;

/** Makes these the holders of each role on a table. Asks first, and changes only what is not so. */
export async function grant(
  connection: Connection,
  dataset: string,
  table: string,
  members: Readonly<Record<string, readonly string[]>>,
): Promise<boolean> {
  const handle = tableOf(connection, dataset, table);
  const doing = `grant ${dataset}.${table}`;
  for (let attempt = 1; ; attempt++) {
    const [policy] = (await connection.call(doing, () => handle.getIamPolicy())) as [Policy, ...unknown[]];
    const wanted = withMembers(policy, members);
    if (!wanted) return false;
    try {
      await connection.call(doing, () => handle.setIamPolicy(wanted));
      return true;
    } catch (error) {
      // Its etag tells that somebody else changed it meanwhile.
      if (attempt === TRIES || problemOf((error as Error).cause).status !== 409) throw error;
    }
  }
}

/** The policy with these holders and no others of these roles; undefined when it says so already. */
function withMembers(
  policy: Policy,
  members: Readonly<Record<string, readonly string[]>>,
): Policy | undefined {
  const bindings = policy.bindings ?? [];
  const holders = (role: string) =>
    bindings.filter((one) => one.role === role).flatMap((one) => one.members ?? []);
  const wanted = Object.entries(members);
  if (wanted.every(([role, people]) => sorted(holders(role)) === sorted(people))) return undefined;
  const others = bindings.filter(({ role }) => role === undefined || members[role] === undefined);
  const own = wanted.filter(([, people]) => people.length > 0);
  return {
    ...policy,
    bindings: [...others, ...own.map(([role, people]) => ({ role, members: [...people] }))],
  };
}

function sorted(members: readonly string[]): string {
  return [...new Set(members)].toSorted().join();
}
