import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Manifest, stampColumns, type TableContract } from "@lifecycle/contracts";
import { diskLanding, diskStore, openLedger } from "@lifecycle/landing";
import { describe, expect, it } from "vitest";
import { eraseLanded, holdsNeedle, needlesOf, personalTables } from "./erase.ts";
import { personalData } from "./personal-data.ts";
import { quarantineTable } from "./quarantine.ts";

const hashing = personalData("hash", "a salt");
const table: TableContract = {
  table: "raw_contact",
  columns: [
    { name: "email", type: "STRING", pii: true },
    { name: "n", type: "INT64" },
    { name: "extra", type: "JSON" },
    ...stampColumns,
  ],
};

describe("needlesOf", () => {
  it("is what was given and its hashes; addresses in any case", () => {
    const { exact, anyCase } = needlesOf([" Ann@Example.org ", "user-1"], hashing);
    expect(exact).toEqual([
      "Ann@Example.org",
      "user-1",
      hashing.hash("ann@example.org"),
      hashing.hash("user-1"),
    ]);
    expect(anyCase).toEqual(["ann@example.org"]);
    expect(needlesOf(["user-1"], personalData("keep", undefined)).exact).toEqual(["user-1"]);
  });
});

describe("holdsNeedle", () => {
  const needles = needlesOf(["Ann@Example.org", "user-1"], hashing);
  it.each([
    [{ email: "ANN@example.ORG" }],
    [{ email: hashing.hash("ann@example.org") }],
    [{ a: [{ b: { c: "user-1" } }] }],
  ])("finds %j", (row) => expect(holdsNeedle(row, needles)).toBe(true));
  it.each([[{ email: "joann@example.org" }], [{ id: "user-11" }], [{ id: "USER-1" }], [{ n: 1, x: null }]])(
    "leaves %j",
    (row) => expect(holdsNeedle(row, needles)).toBe(false),
  );
});

describe("personalTables", () => {
  it("are those with tagged columns and the rows set aside, with their texts", () => {
    const plain = { table: "raw_plain", columns: [{ name: "email", type: "STRING" as const }] };
    const found = personalTables([plain, table, quarantineTable]);
    expect(found.map((each) => [each.table, each.columns.map(({ name }) => name)])).toEqual([
      ["raw_contact", expect.arrayContaining(["email", "extra"])],
      ["raw_quarantine", expect.arrayContaining(["row"])],
    ]);
    expect(found.flatMap(({ columns }) => columns.map(({ name }) => name))).not.toContain("_run_id");
  });
});

describe("eraseLanded", () => {
  it("writes parts again without the person, counts first, and leaves the rest as it is", async () => {
    const root = await mkdtemp(join(tmpdir(), "lifecycle-erase-"));
    const landing = diskLanding(root);
    const ledger = openLedger(diskStore(root));
    const runId = "main__braze__20260101-20260102__p1";
    const key = { workspace: "main", pipeline: "braze", window: { from: "2026-01-01", until: "2026-01-02" } };
    await ledger.writeRequest({
      ...key,
      runId,
      pass: 1,
      trigger: "cli",
      requestedBy: "a test",
      requestedAt: "2026-01-02T00:00:00Z",
      priority: 0,
    });
    const ann = hashing.hash("ann@example.org");
    const rows = [
      { email: ann, n: 1 },
      { email: hashing.hash("bob@example.org"), n: 2 },
      { email: null, n: 3, extra: { was: [ann] } },
    ];
    const contact = await landing.writePart("a/raw_contact.1", rows, "raw_contact");
    const other = await landing.writePart("a/raw_other.1", rows, "raw_other");
    const rejects = await landing.writePart(
      "a/raw_quarantine.1",
      [{ row: { email: ann } }],
      "raw_quarantine",
    );
    const manifest: Manifest = {
      runId,
      part: "p",
      resource: "contacts",
      landedAt: "2026-01-02T00:00:00Z",
      files: [contact, other, rejects],
      rows: 6,
      rejected: 1,
    };
    await ledger.writeManifest(manifest);
    const wanted = {
      tables: personalTables([table, quarantineTable]),
      needles: needlesOf(["Ann@Example.org"], hashing),
      signal: new AbortController().signal,
    };
    const text = async (uri: string) => gunzipSync(await readFile(landing.locate(uri))).toString();
    expect(await eraseLanded({ ledger, landing }, { ...wanted, rewrite: false })).toEqual({
      files: 2,
      rows: 3,
    });
    expect(await text(contact.uri)).toContain(ann);
    expect(await eraseLanded({ ledger, landing }, { ...wanted, rewrite: true })).toEqual({
      files: 2,
      rows: 3,
    });
    expect(await text(contact.uri)).toBe(`${JSON.stringify(rows[1])}\n`);
    expect(await text(rejects.uri)).toBe("");
    // Not a table with personal data: whatever looks like it there is something else.
    expect(await text(other.uri)).toContain(ann);
    const [left] = await ledger.readManifests(runId, ["p"]);
    expect(left).toMatchObject({ rows: 4, rejected: 0 });
    expect(left!.files.map(({ rows: count }) => count)).toEqual([1, 3, 0]);
    expect(await eraseLanded({ ledger, landing }, { ...wanted, rewrite: true })).toEqual({
      files: 0,
      rows: 0,
    });
    await rm(root, { recursive: true });
  });
});
