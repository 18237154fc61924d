import { RetryableError } from "@lifecycle/contracts";
import { Unzip, UnzipInflate } from "fflate";

/**
 * The files of a ZIP archive as it comes in, one piece of one file at a time; at most a chunk's worth is held. Each file ends
 * with a piece that is `last`. Throws RetryableError `braze.malformed_body` for an archive that is damaged or cut short.
 */
export async function* unzipped(
  chunks: AsyncIterable<Uint8Array>,
  about: string,
): AsyncGenerator<{ piece: Uint8Array; last: boolean }> {
  const pieces: { piece: Uint8Array; last: boolean }[] = [];
  const state = { open: 0, files: 0, failed: undefined as Error | undefined };
  const unzip = new Unzip((file) => {
    state.files++;
    state.open++;
    file.ondata = (error, piece, last) => {
      if (error) state.failed = error;
      else pieces.push({ piece, last });
      if (last) state.open--;
    };
    file.start();
  });
  unzip.register(UnzipInflate);
  let tail = new Uint8Array();
  for await (const chunk of chunks) {
    tail = last22(tail, chunk);
    guard(() => unzip.push(chunk), about);
    if (state.failed) throw damaged(about, state.failed);
    yield* pieces.splice(0);
  }
  guard(() => unzip.push(new Uint8Array(), true), about);
  yield* pieces.splice(0);
  if (state.failed) throw damaged(about, state.failed);
  if (state.open > 0 || !endsArchive(tail)) throw damaged(about, new Error("it ends too early"));
}

function guard(work: () => void, about: string): void {
  try {
    work();
  } catch (error) {
    throw damaged(about, error);
  }
}

const damaged = (about: string, cause: unknown) =>
  new RetryableError("braze.malformed_body", `the archive of ${about} is damaged`, { cause });

/** An archive ends with its directory's end record: 22 bytes when it has no comment. */
const END_BYTES = 22;

function last22(tail: Uint8Array, chunk: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(tail.length + Math.min(chunk.length, END_BYTES));
  joined.set(tail);
  joined.set(chunk.subarray(Math.max(0, chunk.length - END_BYTES)), tail.length);
  return joined.slice(-END_BYTES);
}

function endsArchive(tail: Uint8Array): boolean {
  return tail.length === END_BYTES && [0x50, 0x4b, 0x05, 0x06].every((byte, i) => tail[i] === byte);
}
