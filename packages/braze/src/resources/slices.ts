import type { Resource } from "../resource.ts";

/** A narrower look at some series, as settings name it. */
export interface Slice {
  /** Ends the names of its resources: `sessions-data-series-ios`. */
  name: string;
  appId?: string | undefined;
  /** A segment with analytics tracking. */
  segmentId?: string | undefined;
  /** Only these resources; absent means all that can be narrowed so. */
  resources?: readonly string[] | undefined;
}

/** The further resources that slices make of those given: the same series, narrowed. */
export function slicedResources(resources: readonly Resource[], slices: readonly Slice[]): Resource[] {
  return slices.flatMap((slice) =>
    resources
      .filter(({ slug }) => !slice.resources || slice.resources.includes(slug))
      .filter((resource) => canNarrow(resource, slice))
      .map((resource) => narrowed(resource, slice)),
  );
}

function canNarrow({ narrows = [] }: Resource, { appId, segmentId }: Slice): boolean {
  const wants = [...(appId ? ["app" as const] : []), ...(segmentId ? ["segment" as const] : [])];
  return wants.length > 0 && wants.every((want) => narrows.includes(want));
}

function narrowed(resource: Resource, { name, appId, segmentId }: Slice): Resource {
  const params = {
    ...resource.params,
    ...(appId ? { app_id: appId } : {}),
    ...(segmentId ? { segment_id: segmentId } : {}),
  };
  return { ...resource, slug: `${resource.slug}-${name}`, params, slice: { appId, segmentId } };
}
