import { didYouMean, FatalError } from "@lifecycle/contracts";
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
  refuseUnknown(known, wanted);
  const slugs = new Set(wanted);
  const asked = [...known.values()].filter(({ slug }) => slugs.has(slug));
  for (const { slug } of slicedResources(asked, slices)) slugs.add(slug);
  for (const slug of [...slugs]) {
    const parent = known.get(slug)?.parent;
    if (parent) slugs.add(parent);
  }
  return [...known.values()].filter(({ slug }) => slugs.has(slug));
}

/** Throws FatalError `braze.unknown_resource` for slugs that nobody knows, with the nearest there is. */
export function refuseUnknown(
  known: ReadonlyMap<string, Resource>,
  slugs: readonly string[],
  where = "",
): void {
  const unknown = slugs.filter((slug) => !known.has(slug));
  if (unknown.length === 0) return;
  const told = unknown.map((slug) => `there is no Braze resource ${slug}.${didYouMean(slug, known.keys())}`);
  const message = `${where}${told.join(" ")} Known are ${[...known.keys()].join(", ")}`;
  throw new FatalError("braze.unknown_resource", message);
}
