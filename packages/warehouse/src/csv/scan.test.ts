import { errorCode } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { type BadRecord, CsvScanner } from "./scan.ts";

/** Scans `text` cut into pieces of `size` bytes. */
function scan(text: string, size = 1_000, maxLineBytes = 50) {
  const bad: BadRecord[] = [];
  const records: string[] = [];
  const scanner = new CsvScanner({
    delimiter: ",",
    maxLineBytes,
    onBad: (record) => bad.push(record),
    onRecord: (bytes, line) => records.push(`${line}:${bytes.toString()}`),
  });
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) scanner.push(bytes.subarray(at, at + size));
  return { result: scanner.end(), bad, records };
}

describe("CsvScanner", () => {
  it("finds records over quoted line ends, and the line each begins on", () => {
    const { result, records } = scan('a,b\n1,"x\ny"\n\n2,""""\n');
    expect(records).toEqual(["1:a,b", '2:1,"x\ny"', "4:", '5:2,""""']);
    expect(result).toEqual({ records: 3, blank: 1, bad: 0, headerStart: 0, mixedNewlines: false });
  });

  it("does not count the byte order mark as content", () => {
    expect(scan('\uFEFF"a",b\n1,2\n').records).toEqual(['1:"a",b', "2:1,2"]);
  });

  it("notices blank lines before the header and mixed line ends", () => {
    expect(scan("\n\na,b\n1,2").result).toMatchObject({ headerStart: 2, records: 2, mixedNewlines: false });
    expect(scan("a,b\r\n1,2\n").result.mixedNewlines).toBe(true);
    expect(scan("a,b\r\n1,2\r\n").result.mixedNewlines).toBe(false);
  });

  it.each([
    ["a quote that is never closed", 'a,b\n1,"x\n3,4\n', "a quoted value is never closed", '1,"x'],
    ["text after a closing quote", 'a,b\n1,"x"y\n3,4\n', "text follows a closing quote", '1,"x"y'],
    [
      "a line that is too long",
      `a,b\n${"x".repeat(60)},2\n3,4\n`,
      "longer than 50 bytes",
      `${"x".repeat(60)},2`,
    ],
    [
      "a quote open too long",
      `a,b\n1,"x\n${"y\n".repeat(30)}3,4\n`,
      "a quoted value is not closed within 50 bytes",
      '1,"x',
    ],
  ])("sets aside the line with %s and goes on after it", (_, text, reason, line) => {
    const { bad, records } = scan(text);
    expect(bad).toMatchObject([{ line: 2, reason, text: line }]);
    expect(records.at(-1)).toMatch(/:3,4$/);
    expect(text.slice(bad[0]!.start, bad[0]!.end)).toBe(`${line}\n`);
  });

  it("keeps at most 1,000 characters of a bad line", () => {
    expect(scan(`a\n${"é".repeat(5_000)}\n`).bad[0]!.text).toBe("é".repeat(1_000));
  });

  it("says the same however the bytes are cut", () => {
    const text = '\uFEFFa,b\r\n1,"x\r\ny"\r\n"2"z,\r\n3,"un\r\n4,5\r\n\r\n6,"7"\r\n';
    const whole = scan(text);
    expect(whole.bad.map(({ line }) => line)).toEqual([4, 5]);
    for (const size of [1, 2, 3, 5, 7, 11]) expect(scan(text, size)).toEqual(whole);
  });

  it("gives up on a file whose quotes would be looked for again and again", () => {
    const line = `"${"x".repeat(1_000)}\n`;
    const scanner = new CsvScanner({ delimiter: ",", maxLineBytes: 2_000_000 });
    const hostile = () => {
      for (let n = 0; n < 4_000; n++) scanner.push(Buffer.from(n % 2 === 0 ? line : line.replace('"', "")));
      scanner.end();
    };
    // The processor's time: another process beside it is no fault of the scanner.
    const before = process.threadCpuUsage();
    let code = "done";
    try {
      hostile();
    } catch (error) {
      code = errorCode(error);
    }
    expect(["done", "source.unreadable"]).toContain(code);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(5_000);
  });
});
