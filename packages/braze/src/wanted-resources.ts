import { FatalError } from "@lifecycle/contracts";
import type { Resource } from "./resource.ts";
import { type Slice, slicedResources } from "./resources/slices.ts";

/**
 * The resources of those slugs, the lists they need, and what slices make of them, in the order of `known`. Throws FatalError
 * `braze.unknown_resource` that names what nobody knows.
 */
export function wantedResources(
  known: ReadonlyMap<string, Resource>,
  wanted: readonly string[],
  slices: readonly Slice[],
): Resource[] {
  const unknown = wanted.filter((slug) => !known.has(slug));
  if (unknown.length > 0) {
    const message = `there is no Braze resource ${unknown.join(", ")}; known are ${[...known.keys()].join(", ")}`;
    throw new FatalError("braze.unknown_resource", message);
  }
  const slugs = new Set(wanted);
  const asked = [...known.values()].filter(({ slug }) => slugs.has(slug));
  for (const { slug } of slicedResources(asked, slices)) slugs.add(slug);
  for (const slug of [...slugs]) {
    const parent = known.get(slug)?.parent;
    if (parent) slugs.add(parent);
  }
  return [...known.values()].filter(({ slug }) => slugs.has(slug));
}
