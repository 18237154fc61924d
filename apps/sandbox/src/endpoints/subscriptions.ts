import { hash32, uuid } from "@lifecycle/simulation";
import { ApiError } from "../api-error.ts";
import type { Endpoint } from "../endpoint.ts";
import { userByExternalId } from "./user-lookup.ts";

const STATES = ["Subscribed", "Unsubscribed", "Unknown"] as const;
const GROUPS = 3;

export const subscriptionEndpoints: Endpoint[] = [
  {
    method: "GET",
    path: "/subscription/status/get",
    scope: "subscription.status.get",
    bucket: "default",
    objectParam: "subscription_group_id",
    answer({ params }, context) {
      const group = groupOf(params.requiredText("subscription_group_id"), context.world.settings.seedNumber);
      const ids = params.list("external_id");
      if (ids.length === 0) throw new ApiError(400, "One of external_id, email and phone is required");
      if (ids.length > 50) throw new ApiError(400, "The max number of ids per request was exceeded");
      return {
        status: Object.fromEntries(
          ids.map((id) => [id, userByExternalId(id, context) ? stateOf(id, group) : "Unknown"]),
        ),
        message: "success",
      };
    },
  },
  {
    method: "GET",
    path: "/subscription/user/status",
    scope: "subscription.groups.get",
    bucket: "default",
    answer({ params }, context) {
      const id = params.requiredText("external_id");
      const limit = params.whole("limit", 1, 100) ?? 100;
      const offset = params.whole("offset", 0, 1_000_000) ?? 0;
      const seed = context.world.settings.seedNumber;
      const known = userByExternalId(id, context) !== undefined;
      const groups = Array.from({ length: known ? GROUPS : 0 }, (_, group) => ({
        subscription_group_id: uuid(seed, 95, group),
        subscription_status: stateOf(id, group).toLowerCase(),
      })).filter(({ subscription_status }) => subscription_status !== "unknown");
      return { success: true, subscription_groups: groups.slice(offset, offset + limit) };
    },
  },
];

function groupOf(id: string, seed: number): number {
  for (let group = 0; group < GROUPS; group++) if (uuid(seed, 95, group) === id) return group;
  throw new ApiError(400, "Invalid Subscription Group ID");
}

function stateOf(externalId: string, group: number): (typeof STATES)[number] {
  return STATES[hash32(Number(externalId.slice(5)), 96, group) % STATES.length]!;
}
