import { FatalError } from "@lifecycle/contracts";
import type { Logger } from "@lifecycle/runtime";
import type { Probed } from "./probe.ts";
import type { Resource } from "./resource.ts";

export interface Disabled {
  resource: string;
  reason: string;
}

/** What was found for a key, kept where the fleet finds it: the scopes of a key never change. */
export interface RememberedPermissions {
  read(): Promise<readonly Disabled[] | undefined>;
  write(disabled: readonly Disabled[]): Promise<void>;
}

interface PermissionOptions {
  workspace: string;
  resources: readonly Resource[];
  logger: Logger;
  kept: RememberedPermissions | undefined;
  /** Why a resource is off whatever the key may read. */
  whyOff?: ((resource: Resource) => string | undefined) | undefined;
}

/** Which of the wanted resources are on. A resource without its list is off with it. */
export class Permissions {
  allowed: readonly Resource[];
  disabled: readonly Disabled[] = [];
  readonly #options: PermissionOptions;
  readonly #offAnyway: readonly Disabled[];
  #isChecked = false;

  constructor(options: PermissionOptions) {
    this.#options = options;
    this.allowed = options.resources;
    this.#offAnyway = options.resources.flatMap((resource) => {
      const reason = options.whyOff?.(resource);
      return reason === undefined ? [] : [{ resource: resource.slug, reason }];
    });
    if (this.#offAnyway.length > 0) this.#apply([]);
  }

  async check(probe: () => Promise<Probed[]>): Promise<readonly Disabled[]> {
    if (this.#isChecked) return this.disabled;
    const { kept } = this.#options;
    const known = await kept?.read();
    if (known) this.#apply(known);
    else {
      const probed = await probe();
      const rejected = probed.find(({ isKeyRejected }) => isKeyRejected);
      if (rejected) throw new FatalError("braze.key_rejected", rejected.reason);
      const off = probed.filter(({ state }) => state === "off");
      this.#apply(off.map(({ resource, reason }) => ({ resource, reason })));
      // What could not be checked is asked again next time.
      if (probed.every(({ isCertain }) => isCertain))
        await kept?.write(off.map(({ resource, reason }) => ({ resource, reason })));
      else return this.disabled;
    }
    this.#isChecked = true;
    return this.disabled;
  }

  #apply(off: readonly Disabled[]): void {
    const reasons = new Map([...off, ...this.#offAnyway].map(({ resource, reason }) => [resource, reason]));
    const { resources, workspace, logger } = this.#options;
    for (const { slug, parent } of resources)
      if (parent && reasons.has(parent) && !reasons.has(slug))
        reasons.set(slug, `it needs ${parent}, which is off`);
    this.disabled = resources.flatMap(({ slug }) => {
      const reason = reasons.get(slug);
      return reason === undefined ? [] : [{ resource: slug, reason }];
    });
    this.allowed = resources.filter(({ slug }) => !reasons.has(slug));
    const on = this.allowed.map(({ slug }) => slug);
    logger.info({ workspace, on }, `${on.length} Braze resources are on, ${this.disabled.length} off`);
    for (const { resource, reason } of this.disabled)
      logger.warn({ workspace, resource, reason }, `${resource} is off: ${reason}`);
  }
}
