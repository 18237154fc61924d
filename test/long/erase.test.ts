import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brazeTables } from "@lifecycle/braze";
import { eraseLanded, needlesOf, personalData, personalTables } from "@lifecycle/ingest";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Installation, install } from "../e2e/support/installation.ts";
import { writeEvents } from "../e2e/support/small-files.ts";
import { allFiles, content, landedRows, needleIn, tableContents } from "../e2e/support/stored.ts";

const NOW = "2026-06-30T12:00:00Z";
const CUSTOMER = "customer-of-ours";

describe("a person who wants to be forgotten", () => {
  let at: Installation;
  let url: string;
  let mail: string;
  let neighbour: string;
  let hashes: { mail: string; customer: string; neighbour: string };
  beforeAll(async () => {
    at = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW }, { resources: "configured" });
    ({ url } = await at.sandbox("--now", NOW, "--time-zone", "UTC", "--campaigns", "3", "--canvases", "1"));
    const response = await fetch(
      `${url}/email/unsubscribes?start_date=2026-06-01&end_date=2026-06-30&limit=500`,
      {
        headers: { authorization: "Bearer sandbox-key" },
      },
    );
    const { emails } = (await response.json()) as { emails: { email: string }[] };
    [mail, neighbour] = [emails[0]!.email, emails.find(({ email }) => email !== emails[0]!.email)!.email];
    const { path } = await writeEvents(at.home, 2);
    await writeFile(path, (await readFile(path, "utf8")).replaceAll("U_0001", CUSTOMER));
    expect(await at.cli("run", "braze", "--from", "2026-06-01", "--to", "2026-06-30")).toMatchObject({
      code: 0,
    });
    expect(await at.cli("run", "event-stream", "--file", path)).toMatchObject({ code: 0 });
    const personal = personalData("hash", await readFile(join(at.home, ".runtime/pii-salt"), "utf8"));
    hashes = {
      mail: personal.hash(mail),
      customer: personal.hash(CUSTOMER),
      neighbour: personal.hash(neighbour),
    };
  });
  afterAll(() => at.close());

  const counts = async () => {
    const [row] = await at.query(`select (select sum(contacts)::integer from agg_contact_daily) as contacts,
      (select sum(dau)::integer from agg_active_users_daily) as users`);
    return row as { contacts: number; users: number };
  };
  /** Everything stored, unpacked: landed parts, ledger, output, and the rows of every table. */
  const everything = async () => {
    const files = await allFiles(at.home);
    const tables = await tableContents(files);
    const packed = files.filter((path) => !path.endsWith(".duckdb") && !path.endsWith(".wal"));
    return [
      ...(await Promise.all(packed.map(async (path) => ({ name: path, bytes: await content(path) })))),
      ...tables.map(({ name, text }) => ({ name, bytes: Buffer.from(text) })),
    ];
  };
  const placesOf = async (needle: string) =>
    (await everything()).filter(({ bytes }) => needleIn(bytes, [needle])).map(({ name }) => name);

  it("is stored, hashed, in landed parts and tables", async () => {
    expect((await placesOf(hashes.mail)).length).toBeGreaterThan(2);
    expect((await placesOf(hashes.customer)).length).toBeGreaterThan(0);
    expect((await landedRows(at, "raw_email_unsubscribe")).some(({ email }) => email === hashes.mail)).toBe(
      true,
    );
  });

  it("is looked up by id, and shown as it is stored", async () => {
    const { code, stdout } = await at.cli("lookup", "users", "user-000001", "nobody");
    expect(code).toBe(2);
    expect(stdout).toContain("1 of 2 ids are not known to Braze.");
    const shown = JSON.parse(stdout.split("\n").find((line) => line.startsWith("{"))!);
    expect(shown.external_id).toMatch(/^[0-9a-f]{64}$/);
    expect(stdout).not.toContain("user-000001");
    const groups = await at.cli("lookup", "groups", "user-000001", "--json");
    const [group] = JSON.parse(groups.stdout.slice(groups.stdout.indexOf("["))) as Record<string, string>[];
    const status = await at.cli(
      "lookup",
      "subscriptions",
      "user-000001",
      "--group",
      group!.subscription_group_id!,
      "--json",
    );
    expect(JSON.parse(status.stdout.slice(status.stdout.indexOf("[{")))).toEqual([
      { external_id: shown.external_id, status: group!.status },
    ]);
    expect((await at.cli("lookup", "users")).code).toBe(64);
  });

  it("is found first, and nothing is erased without a yes", async () => {
    const before = await counts();
    const dry = await at.cli("erase", mail.toUpperCase(), CUSTOMER, "--dry-run");
    expect(dry).toMatchObject({ code: 0, stderr: "" });
    expect(dry.stdout).toMatch(/landed parts +[1-9]/);
    expect(dry.stdout).toMatch(/raw_email_unsubscribe +[1-9]/);
    expect(dry.stdout).toMatch(/raw_event_stream +[1-9]/);
    expect((await at.cli("erase", mail)).code).toBe(64);
    expect((await at.cli("erase")).code).toBe(64);
    expect((await placesOf(hashes.mail)).length).toBeGreaterThan(2);
    expect(await counts()).toEqual(before);
    expect((await at.cli("erase", "nobody-we-know", "--yes")).stdout).toContain("Nothing is stored");
  });

  it("is gone from every landed part, table and output after an erasure that was interrupted", async () => {
    const before = await counts();
    const unsubscribed = await landedRows(at, "raw_email_unsubscribe");
    // As a process leaves it that dies after some of the landed parts.
    const personal = personalData("hash", await readFile(join(at.home, ".runtime/pii-salt"), "utf8"));
    const needles = needlesOf([mail, CUSTOMER], personal);
    await at.ledger.writeErasure({
      id: "erasure-interrupted",
      requestedBy: "a test",
      requestedAt: new Date().toISOString(),
      identifiers: 2,
      needles,
    });
    const { diskLanding } = await import("@lifecycle/landing");
    const landing = diskLanding(join(at.home, "data"));
    const some = personalTables(brazeTables).filter(({ table }) => table === "raw_email_unsubscribe");
    const signal = new AbortController().signal;
    const first = await eraseLanded(
      { ledger: at.ledger, landing },
      { tables: some, needles, rewrite: true, signal },
    );
    expect(first.rows).toBeGreaterThan(0);
    const { code, stdout, stderr } = await at.cli("erase", mail, CUSTOMER, "--yes");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toMatch(/Erased: .* raw tables; \d+ models built anew.*erasure-interrupted/);
    expect(await placesOf(hashes.mail)).toEqual([]);
    expect(await placesOf(hashes.customer)).toEqual([]);
    expect(await placesOf(mail)).toEqual([]);
    // Nobody else is.
    expect((await placesOf(hashes.neighbour)).length).toBeGreaterThan(2);
    const left = await landedRows(at, "raw_email_unsubscribe");
    expect(left).toHaveLength(unsubscribed.length - first.rows);
    const after = await counts();
    expect(after.contacts).toBeLessThan(before.contacts);
    expect(after.contacts).toBeGreaterThanOrEqual(before.contacts - 3);
    expect(after.users).toBeLessThan(before.users);
    expect(after.users).toBeGreaterThan(0);
  });

  it("stands in the audit without a name", async () => {
    const erasures = await at.ledger.readErasures();
    expect(erasures).toEqual([
      expect.objectContaining({ id: "erasure-interrupted", identifiers: 2, doneAt: expect.any(String) }),
    ]);
    expect(erasures[0]!.needles).toBeUndefined();
    expect(erasures[0]!.tables).toMatchObject({ raw_event_stream: expect.any(Number) });
    const audit = await at.query("select trigger, requested_by from ops_audit where trigger = 'erase'");
    expect(audit).toHaveLength(1);
    expect((await at.cli("erase", mail, CUSTOMER, "--yes")).stdout).toContain("Nothing is stored");
  });
});
