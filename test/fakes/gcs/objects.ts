import { createHash } from "node:crypto";
import { ApiError, notFound } from "../rest/api-error.ts";
import { crc32c } from "./crc32c.ts";

export interface StoredObject {
  name: string;
  data: Buffer;
  contentType: string;
  generation: number;
  createdAt: string;
  crc32c: string;
  md5: string;
}

/** The objects of one bucket; a put is visible whole. */
export class Objects {
  readonly #objects = new Map<string, StoredObject>();
  #generation = 1_700_000_000_000_000;

  find(name: string): StoredObject | undefined {
    return this.#objects.get(name);
  }

  get(name: string): StoredObject {
    const found = this.find(name);
    if (!found) throw notFound(`No such object: ${name}`);
    return found;
  }

  /** `ifGenerationMatch` 0 means: only when there is none. */
  put(name: string, data: Buffer, contentType: string, ifGenerationMatch: string | null): StoredObject {
    const current = this.find(name)?.generation ?? 0;
    if (ifGenerationMatch !== null && Number(ifGenerationMatch) !== current) {
      throw new ApiError(
        412,
        "conditionNotMet",
        "At least one of the pre-conditions you specified did not hold.",
      );
    }
    const object = {
      name,
      data,
      contentType,
      generation: ++this.#generation,
      createdAt: new Date().toISOString(),
      crc32c: crc32c(data),
      md5: createHash("md5").update(data).digest("base64"),
    };
    this.#objects.set(name, object);
    return object;
  }

  delete(name: string): void {
    this.get(name);
    this.#objects.delete(name);
  }

  /** Names that begin with `prefix`; those with the delimiter further on are folded into prefixes. Both in order, a page at a time. */
  list(prefix: string, delimiter: string | null, after: string, limit: number) {
    const entries = new Map<string, StoredObject | undefined>();
    for (const [name, object] of this.#objects) {
      if (!name.startsWith(prefix)) continue;
      const cut = delimiter === null ? -1 : name.indexOf(delimiter, prefix.length);
      if (cut < 0) entries.set(name, object);
      else entries.set(name.slice(0, cut + 1), undefined);
    }
    const names = [...entries.keys()].filter((name) => name > after).sort();
    const page = names.slice(0, limit);
    return {
      items: page.flatMap((name) => entries.get(name) ?? []),
      prefixes: page.filter((name) => entries.get(name) === undefined),
      ...(names.length > limit ? { nextPageToken: page.at(-1)! } : {}),
    };
  }

  /** Objects that a load's URI means: a name, with one `*` at most. */
  matching(pattern: string): StoredObject[] {
    const [head = "", tail] = pattern.split("*");
    if (tail === undefined) return [this.get(pattern)];
    return [...this.#objects.values()].filter(
      ({ name }) => name.startsWith(head) && name.endsWith(tail) && name.length >= head.length + tail.length,
    );
  }
}
