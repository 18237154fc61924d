import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Installation, install } from "../e2e/support/installation.ts";
import { writeEvents } from "../e2e/support/small-files.ts";
import {
  allFiles,
  content,
  landedRows,
  needleIn,
  redisContent,
  tableContents,
} from "../e2e/support/stored.ts";

const NOW = "2026-06-30T12:00:00Z";
const PLANTED_MAIL = "Planted.Person@Example.org";

describe("personal data under the default policy", () => {
  let at: Installation;
  let url: string;
  let planted: { mails: string[]; phones: string[] };
  let output = "";
  beforeAll(async () => {
    at = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW }, { resources: "configured" });
    ({ url } = await at.sandbox("--now", NOW, "--time-zone", "UTC", "--campaigns", "3", "--canvases", "1"));
    planted = { mails: await addresses(url, "/email/unsubscribes"), phones: await phones(url) };
    const { path } = await writeEvents(at.home, 2);
    await writeFile(path, (await readFile(path, "utf8")).replaceAll("U_0001", PLANTED_MAIL));
    for (const args of [
      ["run", "braze", "--from", "2026-06-01", "--to", "2026-06-30"],
      ["run", "event-stream", "--file", path],
    ]) {
      const { code, stdout, stderr } = await at.cli(...args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      output += stdout;
    }
    // The file that somebody handed us is theirs; what we made of it is not.
    await writeFile(path, "");
  });
  afterAll(() => at.close());

  it("is there to be found: addresses and numbers were read, and stand hashed in the raw tables", async () => {
    expect(planted.mails.length).toBeGreaterThan(5);
    expect(planted.phones.length).toBeGreaterThan(0);
    const rows = await landedRows(at, "raw_email_unsubscribe");
    expect(rows.length).toBeGreaterThanOrEqual(planted.mails.length);
    for (const row of rows) expect(row.email).toMatch(/^[0-9a-f]{64}$/);
    expect((await stat(join(at.home, ".runtime/pii-salt"))).mode & 0o777).toBe(0o600);
  });

  it("is found in no landed part, table, log, file, queue or line that was printed", async () => {
    const needles = [...planted.mails, ...planted.phones, PLANTED_MAIL].flatMap((text) => [
      text,
      text.toLowerCase(),
    ]);
    const files = await allFiles(at.home);
    expect(files.length).toBeGreaterThan(50);
    expect(files.some((path) => path.endsWith(".duckdb"))).toBe(true);
    for (const path of files) expect(needleIn(await content(path), needles), path).toBeUndefined();
    const tables = await tableContents(files);
    expect(tables.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["raw_email_unsubscribe", "raw_event_stream"]),
    );
    for (const { name, text } of tables) expect(needleIn(Buffer.from(text), needles), name).toBeUndefined();
    expect(needleIn(Buffer.from(output), needles)).toBeUndefined();
    expect(needleIn(await redisContent(), needles)).toBeUndefined();
  });
});

async function addresses(url: string, path: string): Promise<string[]> {
  const { emails } = await ask<{ emails: { email: string }[] }>(url, path);
  return emails.map(({ email }) => email);
}

async function phones(url: string): Promise<string[]> {
  const { sms } = await ask<{ sms: { phone: string }[] }>(url, "/sms/invalid_phone_numbers");
  return sms.map(({ phone }) => phone);
}

async function ask<T>(url: string, path: string): Promise<T> {
  const days = "start_date=2026-06-01&end_date=2026-06-30&limit=500";
  const response = await fetch(`${url}${path}?${days}`, { headers: { authorization: "Bearer sandbox-key" } });
  return (await response.json()) as T;
}
