import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DuckDBConnection } from "@duckdb/node-api";
import { errorCode, InputError } from "@lifecycle/contracts";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Database, openDatabase } from "../duckdb/database.ts";
import { rowsOf } from "../duckdb/session.ts";
import { firstRecord, locateColumns } from "./header.ts";
import { inspectCsv } from "./inspect.ts";
import { linesAt, prepareCsv } from "./prepare.ts";
import {
  checkAccount,
  countRejected,
  csvRelation,
  forgetRejected,
  readingCsv,
  rejectedPositions,
} from "./reader.ts";
import { describeRejected } from "./rejected.ts";

let folder: string;
let database: Database;
let connection: DuckDBConnection;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "csv-"));
  database = await openDatabase({ path: ":memory:", macros: [] });
  connection = await database.connect();
});

afterAll(() => {
  connection.closeSync();
  database.close();
  rmSync(folder, { recursive: true });
});

function write(text: string): string {
  const path = join(folder, "x.csv");
  writeFileSync(path, text);
  return path;
}

/** Reads a file as a load does: rows, and the lines that DuckDB rejected. */
async function read(text: string, columns: number) {
  const source = { path: write(text), delimiter: ",", maxLineBytes: 1_000, workDirectory: folder };
  const prepared = await prepareCsv(source);
  try {
    await forgetRejected(connection);
    const header = Array.from({ length: columns }, (_, index) => `h${index}`);
    const select = `SELECT * FROM ${csvRelation(prepared, header, ",")}`;
    const rows = await readingCsv(prepared, () => rowsOf(connection, select));
    const rejected = await countRejected(connection);
    checkAccount(prepared, columns, rows.length, rejected);
    return {
      rows,
      bad: prepared.bad,
      rejected: await linesAt(prepared, await rejectedPositions(connection)),
    };
  } finally {
    await prepared.dispose();
  }
}

describe("reading a CSV file", () => {
  // Whatever the bytes: each record is read, rejected or set aside, once (`checkAccount` throws otherwise), or the file is refused.
  it.each([
    ["line feeds", "\n", ["a", "1", " ", ",", ",", '"', '""', "\n", "\n", "é"]],
    ["carriage returns", "\r\n", ["a", ",", ",", '"', "\r\n", "\r\n", '"x"']],
    ["any line ends", "\n", ["a", ",", '"', "\n", "\r\n", "\r", " "]],
  ])("loses no record of odd files with %s", async (_, end, alphabet) => {
    const odd = fc.record({
      columns: fc.integer({ min: 1, max: 3 }),
      body: fc.array(fc.constantFrom(...alphabet), { maxLength: 60 }),
    });
    await fc.assert(
      fc.asyncProperty(odd, async ({ columns, body }) => {
        const header = Array.from({ length: columns }, (_, index) => `h${index}`).join(",");
        const outcome = read(`${header}${end}${body.join("")}`, columns).then(() => "read", errorCode);
        expect(["read", "source.unreadable"]).toContain(await outcome);
      }),
      { numRuns: 80, seed: 7 },
    );
  });

  it.each([
    ["plain", "a,b\n1,2\n3\n4,5\n6,7,8\n", [3, 5]],
    ["with CRLF and a quoted line end", 'a,b\r\n"1\r\n1",2\r\n3\r\n4,5\r\n6,7,8\r\n', [4, 6]],
    ["with a byte order mark", "\uFEFFa,b\n1,2\n3\n4,5\n", [3]],
    ["with blank lines", "\n\na,b\n\n1,2\n\n3\n\n\n4\n", [7, 10]],
    ["with a line set aside before", 'a,b\n1,"x"y\n3\n4,5\n6\n', [3, 5]],
    ["with mixed line ends", "a,b\r\n1,2\n3\r\n4,5\n6\r\n", [3, 5]],
  ])("names the line of each rejected record: %s", async (_, text, lines) => {
    expect((await read(text, 2)).rejected).toEqual(lines);
  });

  it.each([
    ["a,b,c,d,e,f,g,h,i,j,k,l\n1,2,3\n", 12, "line 2: 3 fields, 12 expected"],
    ["a,b\n1,2\n1\n1,2,3,4,5\n", 2, "line 3: 1 field, 2 expected; line 4: 5 fields, 2 expected"],
    ['a,b\n"x"y,2\n"1,1",2,3\n', 2, "line 2: text follows a closing quote; line 3: 3 fields, 2 expected"],
  ])("counts fields and names lines: %j", async (content, columns, said) => {
    const path = write(content);
    const { rejected, examples } = await inspectCsv(path);
    expect(describeRejected(examples)).toBe(said);
    expect(rejected).toBe(said.split(";").length);
    expect(
      (await read(content, columns)).rejected.length +
        examples.filter(({ reason }) => /quote/.test(reason)).length,
    ).toBe(rejected);
  });

  it("names the column of bytes that are not UTF-8, and what to do", async () => {
    const path = write("");
    writeFileSync(path, Buffer.from("id,name\n1,caf\xe9\n2,x\n", "latin1"));
    const { rows, examples } = await inspectCsv(path);
    expect([rows, describeRejected(examples)]).toEqual([
      1,
      "line 2: not UTF-8 in the column name. Save the file as UTF-8",
    ]);
  });

  it("takes line ends of another kind inside quotes for content", async () => {
    expect((await read('a,b\n1,"x\r\ny"\n', 2)).rows).toEqual([["1", "x\r\ny"]]);
    expect((await read('a,b\r\n1,"x\ny"\r\n', 2)).rows).toEqual([["1", "x\ny"]]);
  });

  it("rejects bytes that are not UTF-8", async () => {
    const path = write("");
    writeFileSync(
      path,
      Buffer.concat([Buffer.from("a,b\n1,"), Buffer.from([0xff, 0xfe]), Buffer.from("\n3,4\n")]),
    );
    expect(await inspectCsv(path)).toMatchObject({ rows: 1 });
  });
});

describe("the header", () => {
  it.each([
    ['"a ""b""",c,\n1', ['a "b"', "c", ""], true],
    ["a,b", ["a", "b"], false],
    ['"a\nb",c\r\n', ["a\nb", "c"], true],
  ])("reads %j", (text, cells, complete) => {
    expect(firstRecord(text, ",")).toEqual({ cells, complete });
  });

  it.each(['"a,b\n1,2', '"a"b,c\n'])("does not read %j", (text) => {
    expect(firstRecord(text, ",")).toBeUndefined();
  });

  it("names file, column and header when a column is missing", () => {
    const locate = () => locateColumns("people.csv", ["Name", "city"], ["name"], { name: "Full name" });
    expect(locate).toThrow(InputError);
    expect(locate).toThrow("people.csv has no column Full name; header found: Name, city");
  });

  it.each([
    [
      ["visits", "arm"],
      "visit",
      "If visits is meant, write `from: visits` at the column visit in config/pipelines/x.yaml.",
    ],
    [
      ["arm;visit"],
      "visit",
      'It is one cell with ";" in it: write `format: { type: csv, delimiter: ";" }` in config/pipelines/x.yaml.',
    ],
    [
      ["arm", "other"],
      "visit",
      "Columns are declared in config/pipelines/x.yaml; `from:` there names a header that differs.",
    ],
  ])("says what to do about the header %j", (header, column, help) => {
    expect(() => locateColumns("a.csv", header, [column], {}, "config/pipelines/x.yaml")).toThrow(help);
  });
});

describe("inspectCsv", () => {
  it("tells header, rows and days, times without a zone being UTC", async () => {
    const path = write("at,who\n2026-01-02 23:30:00,a\n2026-01-03T01:00:00+02:00,b\nnot a time,c\n,d\n");
    expect(await inspectCsv(path, { timeColumn: "when", headers: { when: "at" } })).toEqual({
      header: ["at", "who"],
      rows: 4,
      rejected: 0,
      examples: [],
      minDate: "2026-01-02",
      maxDate: "2026-01-02",
    });
    expect(await inspectCsv(path)).toMatchObject({ minDate: null, maxDate: null });
    await expect(inspectCsv(path, { columns: ["nope"] })).rejects.toMatchObject({
      code: "source.missing_column",
    });
    await expect(inspectCsv(join(folder, "none.csv"))).rejects.toMatchObject({ code: "source.file_missing" });
  });
});
