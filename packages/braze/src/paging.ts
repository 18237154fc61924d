import type { Paging } from "./resource.ts";

type Query = Record<string, string>;

/** What the first call of a list says about its place. */
export function firstPage(paging: Paging): Query {
  if (paging.style === "page") return { page: "0" };
  return paging.style === "offset" ? { limit: String(paging.limit), offset: "0" } : {};
}

/** The query of the page after one that had `count` rows; undefined when that was the last. */
export function nextPage(
  paging: Paging,
  query: Query,
  { page, count, next }: { page: number; count: number; next: string | undefined },
): Query | undefined {
  if (paging.style === "page") return count > 0 ? { ...query, page: String(page + 1) } : undefined;
  if (paging.style === "cursor") return next === undefined ? undefined : { ...query, cursor: next };
  if (paging.style === "offset")
    return count < paging.limit ? undefined : { ...query, offset: String((page + 1) * paging.limit) };
  return undefined;
}
