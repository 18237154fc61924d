import type { Disabled } from "./permissions.ts";
import type { Resource } from "./resource.ts";

/** Whether a resource of the catalogue is read, and if not, why. */
export interface ResourceState {
  resource: string;
  /** `idle`: it is on, and there is nothing to ask it for. */
  state: "on" | "idle" | "off";
  /** Empty when it is on. */
  reason: string;
}

interface Known {
  known: Iterable<Resource>;
  wanted: readonly Resource[];
  disabled: readonly Disabled[];
  sends: number;
  exportedSegments: number;
}

/** The reason of a resource that nobody has asked for. */
export const NOT_LISTED = "not listed in config/pipelines/braze.yaml";

/** Every resource there is, in the order of the catalogue. */
export function resourceStates({ known, wanted, disabled, ...counts }: Known): ResourceState[] {
  const slugs = new Set(wanted.map(({ slug }) => slug));
  const reasons = new Map(disabled.map(({ resource, reason }) => [resource, reason]));
  return [...known].map(({ slug, parent }) => {
    const state = (name: ResourceState["state"], reason = "") => ({ resource: slug, state: name, reason });
    if (!slugs.has(slug)) return state("off", NOT_LISTED);
    const reason = reasons.get(slug);
    if (reason !== undefined) return state("off", reason);
    if ((slug === "sends-list" || parent === "sends-list") && counts.sends === 0)
      return state("idle", "settings name no sends (workspaces.<name>.braze.sends)");
    if (slug === "users-export-segment" && counts.exportedSegments === 0)
      return state("idle", "settings name no segments (workspaces.<name>.braze.exports.segments)");
    return state("on");
  });
}
