import type { ObjectStore } from "../object-store.ts";
import { type BucketRoom, statusOf } from "./bucket.ts";

interface Listing {
  items?: { name: string }[];
  prefixes?: string[];
  nextPageToken?: string;
}

/** The object store in a bucket: an object is visible when its upload is complete, and `ifGenerationMatch=0` lets one writer win. */
export function bucketStore(room: BucketRoom): ObjectStore {
  const read = async (key: string): Promise<string | undefined> => {
    const file = await room.file(key);
    return room.call(`read ${room.uriOf(key)}`, async () => {
      try {
        const [content] = await file.download();
        return content.toString("utf8");
      } catch (error) {
        if (statusOf(error) === 404) return undefined;
        throw error;
      }
    });
  };
  return {
    get: read,
    putOnce: async (key, content) => {
      const file = await room.file(key);
      const written = await room.call(`write ${room.uriOf(key)}`, async () => {
        try {
          await file.save(content, { resumable: false, preconditionOpts: { ifGenerationMatch: 0 } });
          return true;
        } catch (error) {
          if (statusOf(error) === 412) return false;
          throw error;
        }
      });
      // Our own first try may have got through and lost its answer: then what lies there is ours.
      return written || (await read(key)) === content;
    },
    put: async (key, content) => {
      const file = await room.file(key);
      await room.call(`write ${room.uriOf(key)}`, () => file.save(content, { resumable: false }));
    },
    names: async (prefix) => {
      const bucket = await room.bucket();
      const below = prefix === "" ? room.nameOf("") : `${room.nameOf(prefix)}/`;
      const names: string[] = [];
      let pageToken: string | undefined;
      do {
        const query = {
          prefix: below,
          delimiter: "/",
          autoPaginate: false,
          ...(pageToken ? { pageToken } : {}),
        };
        const [, , page] = (await room.call(`list ${room.uriOf(prefix)}`, () => bucket.getFiles(query))) as [
          unknown,
          unknown,
          Listing | undefined,
        ];
        for (const { name } of page?.items ?? []) names.push(name.slice(below.length));
        for (const name of page?.prefixes ?? []) names.push(name.slice(below.length, -1));
        pageToken = page?.nextPageToken;
      } while (pageToken !== undefined);
      return names;
    },
    remove: async (key) => {
      const file = await room.file(key);
      await room.call(`remove ${room.uriOf(key)}`, () => file.delete({ ignoreNotFound: true }));
    },
  };
}
