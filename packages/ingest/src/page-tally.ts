import { callsOf, type ExtractedPage, type SourceResource } from "./source.ts";

/** Answers whose fields are named after data must not fill the ledger. */
const MOST_CHANGES = 100;

/** What the pages of a part tell together. */
export class PageTally {
  rejected = 0;
  readonly missingDays: string[] = [];
  readonly schemaChanges = new Map<string, NonNullable<ExtractedPage["schemaChanges"]>[number]>();
  readonly #rowsByPage: number[] = [];
  #calls: number | undefined;

  add(page: ExtractedPage): void {
    if (page.calls !== undefined) this.#calls = (this.#calls ?? 0) + page.calls;
    this.#rowsByPage.push(page.rows.length + page.rejected.length);
    this.rejected += page.rejected.length;
    this.missingDays.push(...(page.missingDays ?? []));
    for (const change of page.schemaChanges ?? [])
      if (this.schemaChanges.size < MOST_CHANGES)
        this.schemaChanges.set(`${change.table} ${change.field}`, change);
  }

  /** As the source counts them, else as many as such pages take. */
  callsOf(resource: SourceResource): number {
    return this.#calls ?? callsOf(resource, this.#rowsByPage);
  }
}
