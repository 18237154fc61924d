import { InputError, RetryableError } from "@lifecycle/contracts";
import type { BucketName } from "./buckets.ts";
import { isObject, type RowsOutcome } from "./decode/row-sink.ts";
import type { Answer, Call } from "./http/client.ts";
import { EXPORTED_FIELDS, userRows } from "./resources/user-export.ts";

export interface UserLookup extends Pick<RowsOutcome, "rows" | "rejected"> {
  /** Ids that Braze does not know. */
  unknownIds: string[];
}

/** A subscription group and what a user is to it. */
interface UserGroup {
  subscription_group_id: string;
  subscription_status: string;
}

/** What needs ids to ask for, and so is asked when somebody wants it, never planned. Ids and answers are personal. */
export interface Lookups {
  users: {
    /** Users by external id, at most 50, as rows of `raw_user_export`. Throws InputError `braze.too_many_ids`. */
    byIds(
      externalIds: readonly string[],
      options: { signal: AbortSignal; fields?: readonly string[] },
    ): Promise<UserLookup>;
  };
  subscriptions: {
    /** External id → `Subscribed`, `Unsubscribed` or `Unknown` in one subscription group; at most 50 ids. */
    statusOf(
      groupId: string,
      externalIds: readonly string[],
      options: { signal: AbortSignal },
    ): Promise<Record<string, string>>;
    /** Subscription groups that a user ever changed, with the status in lower case. */
    groupsOf(externalId: string, options: { signal: AbortSignal }): Promise<UserGroup[]>;
  };
}

const MOST_IDS = 50;
const GROUPS_PER_PAGE = 100;

type Ask = (call: Call, bucket: BucketName, signal: AbortSignal) => Promise<Answer>;

export function createLookups(ask: Ask): Lookups {
  return {
    users: {
      byIds: (externalIds, { signal, fields = EXPORTED_FIELDS }) =>
        usersByIds(ask, externalIds, fields, signal),
    },
    subscriptions: {
      statusOf: (groupId, externalIds, { signal }) => statusOf(ask, groupId, externalIds, signal),
      groupsOf: (externalId, { signal }) => groupsOf(ask, externalId, signal),
    },
  };
}

async function usersByIds(
  ask: Ask,
  externalIds: readonly string[],
  fields: readonly string[],
  signal: AbortSignal,
): Promise<UserLookup> {
  checkCount(externalIds);
  const call: Call = {
    resource: "users-export-ids",
    path: "/users/export/ids",
    scope: "users.export.ids",
    query: {},
    json: { external_ids: externalIds, fields_to_export: fields },
  };
  const { body } = await ask(call, "users_export_ids", signal);
  const { users, invalid_user_ids } = record(body);
  const { rows, rejected, unexpected } = userRows("ids")(users, { today: "" });
  if (unexpected) throw odd(call.resource);
  return {
    rows,
    rejected,
    unknownIds: Array.isArray(invalid_user_ids) ? invalid_user_ids.map(String) : [],
  };
}

async function statusOf(
  ask: Ask,
  groupId: string,
  externalIds: readonly string[],
  signal: AbortSignal,
): Promise<Record<string, string>> {
  checkCount(externalIds);
  const call: Call = {
    resource: "subscription-status",
    path: "/subscription/status/get",
    scope: "subscription.status.get",
    query: { subscription_group_id: groupId, external_id: externalIds },
  };
  const { status } = record((await ask(call, "default", signal)).body);
  if (!isObject(status)) throw odd(call.resource);
  return Object.fromEntries(Object.entries(status).map(([id, value]) => [id, String(value)]));
}

async function groupsOf(ask: Ask, externalId: string, signal: AbortSignal): Promise<UserGroup[]> {
  const found: UserGroup[] = [];
  for (let offset = 0; ; offset += GROUPS_PER_PAGE) {
    const call: Call = {
      resource: "subscription-groups",
      path: "/subscription/user/status",
      scope: "subscription.groups.get",
      query: { external_id: externalId, limit: String(GROUPS_PER_PAGE), offset: String(offset) },
    };
    const { subscription_groups: groups } = record((await ask(call, "default", signal)).body);
    if (!Array.isArray(groups)) throw odd(call.resource);
    for (const { subscription_group_id, subscription_status } of groups.filter(isObject))
      found.push({
        subscription_group_id: String(subscription_group_id),
        subscription_status: String(subscription_status).toLowerCase(),
      });
    if (groups.length < GROUPS_PER_PAGE) return found;
  }
}

const record = (body: unknown) => (isObject(body) ? body : {});

const odd = (resource: string) =>
  new RetryableError("braze.unexpected_shape", `${resource} gave an answer of another shape`);

function checkCount(ids: readonly string[]): void {
  if (ids.length >= 1 && ids.length <= MOST_IDS) return;
  throw new InputError("braze.too_many_ids", `expected 1 to ${MOST_IDS} ids, got ${ids.length}`);
}
