import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { isAbsolute, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { withTemporaryFolder } from "@lifecycle/runtime";
import { diskError } from "../object-store.ts";
import { type Landing, linesOf, partUri, writeGzippedLines } from "../part-writer.ts";
import type { BucketRoom } from "./bucket.ts";

/** Above this an upload goes in pieces, of which a lost one is sent again. */
const RESUMABLE_BYTES = 16_000_000;

/**
 * Landed files in a bucket. A part is written on this machine first: its rows come once, an upload may have to be sent twice.
 * `locate` gives `gs://` names, which BigQuery reads itself; a person's file stays where it lies.
 */
export function bucketLanding(room: BucketRoom): Landing {
  return {
    locate: (uri) => (isAbsolute(uri) || uri.includes("://") ? uri : room.uriOf(uri)),
    readPart: async function* (file) {
      const object = await room.file(file.uri);
      const [bytes] = await room.call(`read ${room.uriOf(file.uri)}`, () => object.download());
      yield* linesOf(Readable.from([bytes]));
    },
    writePart: async (path, rows, target) => {
      const uri = partUri(path);
      return withTemporaryFolder("landing", async (folder) => {
        const written = join(folder, "part.ndjson.gz");
        const counts = await writeGzippedLines(rows, written).catch((error) => {
          throw diskError(error, written);
        });
        const bucket = await room.bucket();
        const destination = room.nameOf(uri);
        const options = {
          destination,
          resumable: counts.sizeBytes > RESUMABLE_BYTES,
          metadata: { contentType: "application/gzip" },
        };
        await room.call(`write ${room.uriOf(uri)}`, () => bucket.upload(written, options));
        const digest = await digestOf(written);
        return { uri, format: "ndjson", codec: "gzip", ...counts, digest, target };
      });
    },
  };
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex").slice(0, 32);
}
