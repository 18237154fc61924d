import { type DayWindow, dateInZone, daysBetween, FatalError, RetryableError } from "@lifecycle/contracts";
import { type Clock, type Logger, registerSecret } from "@lifecycle/runtime";
import type { BucketName } from "./buckets.ts";
import type { RejectedRow, TargetRow } from "./decode/row-sink.ts";
import { type Answer, type Client, createClient, type HttpOptions } from "./http/client.ts";
import { describe } from "./http/outcome.ts";
import type { Limiter } from "./limiter/limiter.ts";
import { firstPage, nextPage } from "./paging.ts";
import { type Probed, probeScopes } from "./probe.ts";
import type { Resource } from "./resource.ts";
import { brazeCatalogue, brazeResources, findResource } from "./resources/registry.ts";
import { dateParams, windowParams } from "./series-window.ts";

export interface BrazeSourceOptions {
  workspace: string;
  baseUrl: string;
  apiKey: string;
  /** The company time zone of the workspace: the days of every series. */
  timeZone: string;
  limiters: ReadonlyMap<string, Limiter> | ((bucket: BucketName) => Limiter);
  /** Says what day it is; it may be frozen. Waiting and pacing use the real time. */
  clock: Clock;
  logger: Logger;
  httpOptions?: HttpOptions | undefined;
  /** Slugs of the resources to plan and probe. Default: `brazeResources`. `extract` knows all of the catalogue. */
  resources?: readonly string[] | undefined;
  /** 0 first … 9 last in this process. Default 5. */
  priority?: number | undefined;
}

export interface Wanted {
  /** For a resource with a parent: which of its objects. */
  objectId?: string | undefined;
  /** For a resource with a window: at most `window.maxDays` days. */
  window?: DayWindow | undefined;
}

export interface ExtractOptions {
  signal: AbortSignal;
  /** 0 first … 9 last, among what waits in this process. */
  priority?: number | undefined;
}

export interface ExtractedPage {
  rows: TargetRow[];
  rejected: RejectedRow[];
  outsideWindow: number;
  missingDays: string[];
  requestId: string;
}

export interface BrazeSource {
  readonly resources: readonly Resource[];
  /** The day it is in the company time zone. */
  today(): string;
  /**
   * One answer at a time, split into rows and rejects. Throws FatalError `braze.unknown_resource` or `braze.bad_extract` when
   * asked for what no resource offers; RetryableError `braze.unexpected_shape` when an answer as a whole is not what the
   * endpoint is documented to give; what `Client.get` and `Limiter.schedule` throw; the signal's reason when aborted.
   */
  extract(resource: string, wanted: Wanted, options: ExtractOptions): AsyncGenerator<ExtractedPage>;
  /** Which resources the key may read: one smallest call per permission. Throws only when aborted. */
  probe(options?: { signal?: AbortSignal | undefined }): Promise<Probed[]>;
  close(): Promise<void>;
}

/** Lists end with an empty page; a server that ignores `page` must not keep us for ever. */
const MOST_PAGES = 10_000;

/** Braze as one workspace sees it. Throws InputError `braze.base_url` for an address that would show the key to others. */
export function createBrazeSource(options: BrazeSourceOptions): BrazeSource {
  registerSecret(options.apiKey);
  return new Source(options);
}

class Source implements BrazeSource {
  readonly resources: readonly Resource[];
  readonly #options: BrazeSourceOptions;
  readonly #client: Client;

  constructor(options: BrazeSourceOptions) {
    this.#options = options;
    const wanted = options.resources && new Set(options.resources);
    this.resources = wanted ? brazeCatalogue.filter(({ slug }) => wanted.has(slug)) : brazeResources;
    const { workspace, baseUrl, apiKey, httpOptions } = options;
    this.#client = createClient({ workspace, baseUrl, apiKey, http: httpOptions });
  }

  today(): string {
    return dateInZone(this.#options.clock.now(), this.#options.timeZone);
  }

  async *extract(
    slug: string,
    wanted: Wanted,
    { signal, priority }: ExtractOptions,
  ): AsyncGenerator<ExtractedPage> {
    const resource = findResource(slug);
    if (!resource) throw new FatalError("braze.unknown_resource", `there is no Braze resource ${slug}`);
    let query: Record<string, string> | undefined = this.#query(resource, wanted);
    let previous = "";
    for (let page = 0; query && page < MOST_PAGES; page++) {
      const answer = await this.#get(resource, query, signal, priority);
      const split = this.#split(resource, answer, wanted);
      const content = resource.paging.style === "none" ? "" : JSON.stringify([split.rows, split.rejected]);
      // A server that does not know the parameter gives the same page for ever.
      if (page > 0 && content === previous) return;
      previous = content;
      const count = split.rows.length + split.rejected.length;
      if (count > 0 || page === 0) yield split;
      query = nextPage(resource.paging, query, { page, count, next: answer.next });
    }
  }

  async probe({ signal = new AbortController().signal } = {}): Promise<Probed[]> {
    return await probeScopes(this.resources, (resource, query) => this.#get(resource, query, signal), {
      signal,
      timeZone: this.#options.timeZone,
      today: this.today(),
    });
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  #query(resource: Resource, { objectId, window }: Wanted): Record<string, string> {
    const wrong = (what: string) => new FatalError("braze.bad_extract", `${resource.slug} needs ${what}`);
    const query: Record<string, string> = {
      ...resource.params,
      ...resource.paramsOn?.(this.today()),
      ...firstPage(resource.paging),
    };
    if (resource.idParam) {
      if (!objectId) throw wrong("an object id");
      query[resource.idParam] = objectId;
    }
    if (!resource.window) return query;
    if (!window) throw wrong("a window");
    if (daysBetween(window.from, window.until) > resource.window.maxDays)
      throw wrong(`a window of at most ${resource.window.maxDays} days`);
    const isByDate = resource.window.as === "dates";
    return { ...query, ...(isByDate ? dateParams(window) : windowParams(window, this.#options.timeZone)) };
  }

  async #get(
    resource: Resource,
    query: Record<string, string>,
    signal: AbortSignal,
    priority = this.#options.priority,
  ): Promise<Answer> {
    const { limiters } = this.#options;
    const limiter =
      typeof limiters === "function" ? limiters(resource.bucket) : limiters.get(resource.bucket);
    if (!limiter) throw new FatalError("braze.no_limiter", `no limiter for the bucket ${resource.bucket}`);
    const { slug, path, scope } = resource;
    return await limiter.schedule(
      (during, slot) =>
        this.#client.get(
          { resource: slug, path, scope, query },
          {
            signal: during,
            onQuota: (quota) => {
              slot.observe(quota);
              if (quota.holdUntil) void limiter.hold(quota.holdUntil);
            },
          },
        ),
      { signal, priority },
    );
  }

  #split(resource: Resource, { body, requestId }: Answer, { objectId, window }: Wanted): ExtractedPage {
    const { unexpected, ...outcome } = resource.toRows(body, { objectId, window, today: this.today() });
    const { slug, path, scope } = resource;
    if (unexpected !== undefined) {
      const call = { resource: slug, path, scope, requestId, workspace: this.#options.workspace };
      const message = `${describe(call)} gave an answer of another shape: ${unexpected}`;
      throw new RetryableError("braze.unexpected_shape", message);
    }
    const { rejected, missingDays, outsideWindow } = outcome;
    if (rejected.length > 0 || missingDays.length > 0 || outsideWindow > 0) {
      const fields = {
        workspace: this.#options.workspace,
        resource: slug,
        object_id: objectId,
        request_id: requestId,
        rejected: rejected.length,
        first_reason: rejected[0]?.reason,
        missing_days: missingDays,
        outside_window: outsideWindow,
      };
      this.#options.logger.warn(fields, "an answer of Braze has rows set aside or days missing");
    }
    return { ...outcome, requestId };
  }
}
