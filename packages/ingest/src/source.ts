import type { DayWindow, TableContract } from "@lifecycle/contracts";

/** One list that an outside system offers, as planning and landing need to know it. */
export interface SourceResource {
  slug: string;
  /** The rate-limit bucket its calls count against. */
  bucket: string;
  /** The list whose objects it is asked for, one at a time; absent for a list itself. */
  parent?: string | undefined;
  /** A column of the list's rows that must be true for an object to have this. */
  parentFlag?: string | undefined;
  /** How a read goes on from page to page; absent means one call. */
  paging?: { style: string; limit?: number } | undefined;
  /** Days that one call may cover; absent when the resource has no time. */
  window?: { maxDays: number } | undefined;
  /** Where a list's rows hold the id and name of their object. */
  object?: { table: string; idColumn: string; nameColumn: string } | undefined;
  /** Finished days that the source may still restate. */
  lookbackDays: number;
  /** Somebody has set them: they count also where an object says otherwise. */
  isLookbackSet?: boolean | undefined;
  targets: readonly TableContract[];
}

export interface ExtractedPage {
  rows: readonly { target: string; row: Record<string, unknown> }[];
  /** Rows that fit no schema: set aside with their reason, never the page. */
  rejected: readonly { target: string; reason: string; row: unknown }[];
  /** Finished days of the window, and today, that the answer left out. */
  missingDays?: readonly string[];
  /** Fields that no schema knows, kept in JSON columns. */
  schemaChanges?: readonly { table: string; field: string; type: string }[];
  /** Answered requests that the page took; absent means what `callsOf` reckons. */
  calls?: number;
}

/** An outside system that is read by resource, object and window. Errors are classified by the adapter. */
export interface Source {
  resources: readonly SourceResource[];
  extract(
    resource: string,
    wanted: { objectId?: string | undefined; window?: DayWindow | undefined },
    options: { signal: AbortSignal; priority?: number },
  ): AsyncIterable<ExtractedPage>;
  /** The day it is at the source now, in the source's zone. */
  today(): string;
}

/** The resource of that name. Throws when a job names one that this version does not know. */
export function resourceOf(source: Source, slug: string): SourceResource {
  const resource = source.resources.find((candidate) => candidate.slug === slug);
  if (!resource) throw new Error(`the source has no resource ${slug}`);
  return resource;
}

/**
 * How many calls a whole read took that gave these pages. A list by page ends with an empty one, which is asked for and not given
 * out; one by offset ends with a page that is not full.
 */
export function callsOf(resource: SourceResource, rowsByPage: readonly number[]): number {
  const last = rowsByPage.at(-1) ?? 0;
  const { style, limit } = resource.paging ?? { style: "none" };
  const isOpenEnded = style === "page" ? last > 0 : style === "offset" && last > 0 && last === limit;
  return rowsByPage.length + Number(isOpenEnded);
}
