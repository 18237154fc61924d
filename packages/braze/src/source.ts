import { dateInZone, FatalError } from "@lifecycle/contracts";
import { type Clock, type Logger, registerSecret } from "@lifecycle/runtime";
import type { BucketName } from "./buckets.ts";
import { EXPORT_TIMING, type ExportTiming, readExport } from "./export/read-export.ts";
import { type Answer, type Call, type Client, createClient, type HttpOptions } from "./http/client.ts";
import type { Limiter } from "./limiter/limiter.ts";
import { createLookups, type Lookups } from "./lookups.ts";
import { nextPage } from "./paging.ts";
import { type Disabled, Permissions, type RememberedPermissions } from "./permissions.ts";
import { type Probed, probeScopes } from "./probe.ts";
import { firstQuery, type Wanted } from "./query.ts";
import type { Resource } from "./resource.ts";
import { type ResourceState, resourceStates } from "./resource-states.ts";
import { brazeCatalogue, brazeResources } from "./resources/registry.ts";
import { type Slice, slicedResources } from "./resources/slices.ts";
import { EXPORTED_FIELDS } from "./resources/user-export.ts";
import { emptied, type SplitAnswer, splitAnswer } from "./split-answer.ts";
import { refuseUnknown, wantedResources } from "./wanted-resources.ts";

export interface BrazeSourceOptions {
  workspace: string;
  baseUrl: string;
  apiKey: string;
  /** Its key is no secret, so plain http will do. */
  isSandbox?: boolean | undefined;
  /** The company time zone of the workspace: the days of every series. */
  timeZone: string;
  limiters: ReadonlyMap<string, Limiter> | ((bucket: BucketName) => Limiter);
  /** Says what day it is; it may be frozen. Waiting and pacing use the real time. */
  clock: Clock;
  logger: Logger;
  httpOptions?: HttpOptions | undefined;
  /** Slugs of the resources to plan and probe, with the lists they need. Default: `brazeResources`. `extract` knows all. */
  resources?: readonly string[] | undefined;
  /** By resource: finished days that are read again, where its own lookback is not right for this workspace. */
  lookbackDays?: Readonly<Record<string, number>> | undefined;
  /** Why a wanted resource is off before anybody has asked Braze; undefined where it is not. */
  whyOff?: ((resource: Resource) => string | undefined) | undefined;
  /** What Braze has no list of. */
  configured?: Configured | undefined;
  /** Where the outcome of a permission check is kept for others. */
  permissions?: RememberedPermissions | undefined;
  exportTiming?: ExportTiming | undefined;
  /** Told of every call that a limit refused (429). */
  onRefused?: ((bucket: BucketName) => void) | undefined;
  /** 0 first … 9 last in this process. Default 5. */
  priority?: number | undefined;
}

export interface Configured {
  /** Narrower series: per app, per segment. */
  slices?: readonly Slice[] | undefined;
  /** Sends of API campaigns to read series of. */
  sends?: readonly { campaign_id: string; send_id: string }[] | undefined;
  /** Segments whose users are exported, and the fields asked for. Default `EXPORTED_FIELDS`. */
  exportedSegments?: readonly string[] | undefined;
  exportedFields?: readonly string[] | undefined;
}

export interface ExtractOptions {
  signal: AbortSignal;
  /** 0 first … 9 last, among what waits in this process. */
  priority?: number | undefined;
}

export interface ExtractedPage extends SplitAnswer {
  /** Answered requests that this page took from its bucket: 1, or 0 for what settings hold and for later pieces of an export. */
  calls: number;
}

export interface BrazeSource extends Lookups {
  /** What is planned: the wanted resources without those that are off. */
  readonly resources: readonly Resource[];
  /** What is wanted and off, and why; what the key may not read is among it once `checkPermissions` has asked. */
  readonly disabled: readonly Disabled[];
  /** Every resource there is: whether it is read, and if not, why. */
  states(): ResourceState[];
  /** The day it is in the company time zone. */
  today(): string;
  /**
   * One answer at a time, split into rows and rejects. Throws FatalError `braze.unknown_resource` or `braze.bad_extract` when
   * asked for what no resource offers; RetryableError `braze.unexpected_shape` when an answer as a whole is not what the
   * endpoint is documented to give; what `Client.get`, `readExport` and `Limiter.schedule` throw; the signal's reason when aborted.
   */
  extract(resource: string, wanted: Wanted, options: ExtractOptions): AsyncGenerator<ExtractedPage>;
  /** Which of the wanted resources the key may read: one smallest call per permission. Throws only when aborted. */
  probe(options?: { signal?: AbortSignal | undefined }): Promise<Probed[]>;
  /**
   * Probes, unless somebody did lately or it is the sandbox, and takes what the key may not read out of `resources`, with one line in the log each.
   * Throws FatalError `braze.key_rejected` when the key is refused altogether.
   */
  checkPermissions(options?: { signal?: AbortSignal | undefined }): Promise<readonly Disabled[]>;
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
  readonly users: Lookups["users"];
  readonly subscriptions: Lookups["subscriptions"];
  readonly #options: BrazeSourceOptions;
  readonly #known: ReadonlyMap<string, Resource>;
  readonly #wanted: readonly Resource[];
  readonly #permissions: Permissions;
  readonly #client: Client;

  constructor(options: BrazeSourceOptions) {
    this.#options = options;
    const sliced = slicedResources(brazeCatalogue, options.configured?.slices ?? []);
    this.#known = new Map([...brazeCatalogue, ...sliced].map((resource) => [resource.slug, resource]));
    const slugs = options.resources ?? brazeResources.map(({ slug }) => slug);
    const { lookbackDays = {}, configured } = options;
    refuseUnknown(this.#known, Object.keys(lookbackDays), "lookback_days: ");
    this.#wanted = wantedResources(this.#known, slugs, configured?.slices ?? []).map((resource) => {
      const days = lookbackDays[resource.slug];
      return days === undefined ? resource : { ...resource, lookbackDays: days, isLookbackSet: true };
    });
    const { workspace, baseUrl, apiKey, isSandbox, httpOptions, logger, permissions } = options;
    this.#client = createClient({ workspace, baseUrl, apiKey, isSandbox, http: httpOptions });
    this.#permissions = new Permissions({
      workspace,
      resources: this.#wanted,
      whyOff: options.whyOff,
      logger,
      kept: permissions,
    });
    const lookups = createLookups((call, bucket, signal) => this.#call(call, bucket, signal));
    this.users = lookups.users;
    this.subscriptions = lookups.subscriptions;
  }

  get resources(): readonly Resource[] {
    return this.#permissions.allowed;
  }

  get disabled(): readonly Disabled[] {
    return this.#permissions.disabled;
  }

  states(): ResourceState[] {
    const { sends = [], exportedSegments = [] } = this.#options.configured ?? {};
    return resourceStates({
      known: this.#known.values(),
      wanted: this.#wanted,
      disabled: this.disabled,
      sends: sends.length,
      exportedSegments: exportedSegments.length,
    });
  }

  today(): string {
    return dateInZone(this.#options.clock.now(), this.#options.timeZone);
  }

  async *extract(
    slug: string,
    wanted: Wanted,
    { signal, priority }: ExtractOptions,
  ): AsyncGenerator<ExtractedPage> {
    const resource = this.#known.get(slug);
    if (!resource) throw new FatalError("braze.unknown_resource", `there is no Braze resource ${slug}`);
    const { style } = resource.paging;
    if (style === "configured") yield this.#configured(resource);
    else if (style === "export") yield* this.#export(resource, wanted, signal, priority);
    else yield* this.#pages(resource, wanted, signal, priority);
  }

  async probe({ signal = new AbortController().signal } = {}): Promise<Probed[]> {
    return await probeScopes(
      this.#wanted,
      (resource, query, json) => this.#get(resource, { query, json }, signal),
      { signal, timeZone: this.#options.timeZone, today: this.today() },
    );
  }

  async checkPermissions(options: { signal?: AbortSignal | undefined } = {}): Promise<readonly Disabled[]> {
    // Nobody made that key, so nobody could have left out a scope.
    if (this.#options.isSandbox) return this.#permissions.disabled;
    return await this.#permissions.check(() => this.probe(options));
  }

  async close(): Promise<void> {
    await this.#client.close();
  }

  async *#pages(
    resource: Resource,
    wanted: Wanted,
    signal: AbortSignal,
    priority: number | undefined,
  ): AsyncGenerator<ExtractedPage> {
    let query: Record<string, string> | undefined = this.#query(resource, wanted);
    let previous = "";
    for (let page = 0; query && page < MOST_PAGES; page++) {
      const { body, requestId, next }: Answer = await this.#get(resource, { query }, signal, priority);
      const split = this.#split(resource, body, requestId, wanted);
      const content = resource.paging.style === "none" ? "" : JSON.stringify([split.rows, split.rejected]);
      // A server that does not know the parameter gives the same page for ever.
      const isRepeated = page > 0 && content === previous;
      previous = content;
      const count = isRepeated ? 0 : split.rows.length + split.rejected.length;
      yield { ...(isRepeated ? this.#split(resource, emptied(body), requestId, wanted) : split), calls: 1 };
      if (isRepeated) return;
      query = nextPage(resource.paging, query, { page, count, next });
    }
  }

  #configured(resource: Resource): ExtractedPage {
    const { sends = [] } = this.#options.configured ?? {};
    return { ...this.#split(resource, { sends }, "settings", {}), calls: 0 };
  }

  async *#export(
    resource: Resource,
    wanted: Wanted,
    signal: AbortSignal,
    priority: number | undefined,
  ): AsyncGenerator<ExtractedPage> {
    const json = {
      ...this.#query(resource, wanted),
      fields_to_export: this.#options.configured?.exportedFields ?? EXPORTED_FIELDS,
    };
    const started = await this.#get(resource, { query: {}, json }, signal, priority);
    const timing = this.#options.exportTiming ?? EXPORT_TIMING;
    let calls = 1;
    for await (const page of readExport(this.#client, started, { resource: resource.slug, signal, timing })) {
      const split = this.#split(resource, page.users, started.requestId, wanted);
      const target = resource.targets[0]?.table ?? "";
      const unreadable = page.unreadable.map((row) => ({ target, reason: "a line that is no JSON", row }));
      yield { ...split, rejected: [...split.rejected, ...unreadable], calls };
      calls = 0;
    }
  }

  #query(resource: Resource, wanted: Wanted): Record<string, string> {
    return firstQuery(resource, wanted, { today: this.today(), timeZone: this.#options.timeZone });
  }

  #get(
    { slug, path, scope, bucket }: Resource,
    what: Pick<Call, "query" | "json">,
    signal: AbortSignal,
    priority?: number,
  ): Promise<Answer> {
    return this.#call({ resource: slug, path, scope, ...what }, bucket, signal, priority);
  }

  async #call(
    call: Call,
    bucket: BucketName,
    signal: AbortSignal,
    priority = this.#options.priority,
  ): Promise<Answer> {
    const { limiters } = this.#options;
    const limiter = typeof limiters === "function" ? limiters(bucket) : limiters.get(bucket);
    if (!limiter) throw new FatalError("braze.no_limiter", `no limiter for the bucket ${bucket}`);
    return await limiter.schedule(
      (during, slot) =>
        this.#client.get(call, {
          signal: during,
          onQuota: (quota) => {
            slot.observe(quota);
            if (quota.retryAfterMs !== undefined) this.#options.onRefused?.(bucket);
            if (quota.holdUntil) void limiter.hold(quota.holdUntil);
          },
        }),
      { signal, priority },
    );
  }

  #split(resource: Resource, body: unknown, requestId: string, wanted: Wanted): SplitAnswer {
    const { workspace, logger, configured } = this.#options;
    const { exportedSegments = [] } = configured ?? {};
    const context = { workspace, today: this.today(), exportedSegments, logger };
    return splitAnswer(resource, body, requestId, wanted, context);
  }
}
