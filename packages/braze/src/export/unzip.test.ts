import { errorCode } from "@lifecycle/contracts";
import fc from "fast-check";
import { zipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { JsonLines, type Line } from "./json-lines.ts";
import { unzipped } from "./unzip.ts";

// The same cases every time: a rare one that fails becomes a test of its own.
fc.configureGlobal({ seed: 20260101 });

const user = (i: number) => JSON.stringify({ braze_id: `u${i}`, first_name: "Zoë 😀" });
const files = {
  "00000.txt": Buffer.from(Array.from({ length: 40 }, (_, i) => `${user(i)}\n`).join("")),
  // Without a line end at its end, and empty lines within.
  "00001.txt": Buffer.from(`${user(40)}\n\n${user(41)}`),
  "00002.txt": Buffer.from(""),
};
const archive = Buffer.from(zipSync(files));

async function* cut(bytes: Buffer, sizes: readonly number[]): AsyncGenerator<Buffer> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    yield bytes.subarray(at, at + size);
    at += size;
  }
}

async function linesOf(bytes: Buffer, sizes: readonly number[]): Promise<Line[]> {
  const reader = new JsonLines();
  const lines: Line[] = [];
  for await (const { piece, last } of unzipped(cut(bytes, sizes), "a test"))
    lines.push(...reader.push(piece, last));
  return lines;
}

const codeOf = async (bytes: Buffer, sizes: readonly number[]) =>
  linesOf(bytes, sizes).then(
    (lines) => lines.length,
    (error: unknown) => errorCode(error),
  );

describe("an archive as it comes in", () => {
  it("gives every line of every file, wherever it is cut", async () => {
    const expected = Array.from({ length: 42 }, (_, i) => ({ value: JSON.parse(user(i)) as unknown }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 20 }),
        async (sizes) => {
          expect(await linesOf(archive, sizes)).toEqual(expected);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("that is cut short is damaged, at whatever byte", async () => {
    for (let length = 0; length < archive.length; length += 7)
      expect(await codeOf(archive.subarray(0, length), [64]), `${length} bytes`).toBe("braze.malformed_body");
  });

  it("that is something else is damaged", async () => {
    for (const text of ["", "<html>gone</html>", '{"message":"x"}', "PK"])
      expect(await codeOf(Buffer.from(text), [64])).toBe("braze.malformed_body");
  });

  it("with a flipped byte is damaged or read to its end, never a crash", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(archive.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
        const broken = Buffer.from(archive);
        broken[at] = broken[at]! ^ change;
        const outcome = await codeOf(broken, [97]);
        expect(typeof outcome === "number" || outcome === "braze.malformed_body").toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("lines of JSON", () => {
  it("set aside what is none, by its length and not its text", () => {
    const lines = new JsonLines().push(Buffer.from('{"a":1}\nsecret@example.com\n[2]\n'), true);
    expect(lines).toEqual([{ value: { a: 1 } }, { bad: { unreadableCharacters: 18 } }, { value: [2] }]);
  });

  it("keep characters whole that two pieces share", () => {
    const reader = new JsonLines();
    const bytes = Buffer.from('"😀"\n');
    const lines = [...bytes].flatMap((byte, i) => reader.push(Uint8Array.of(byte), i === bytes.length - 1));
    expect(lines).toEqual([{ value: "😀" }]);
  });

  it("begin anew with each file", () => {
    const reader = new JsonLines();
    expect(reader.push(Buffer.from("1\n2"), true)).toHaveLength(2);
    expect(reader.push(Buffer.from("3"), true)).toEqual([{ value: 3 }]);
  });
});
