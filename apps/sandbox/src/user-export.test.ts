import { inflateRawSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { asking } from "./asking.fixture.ts";
import { readOptions } from "./options.ts";
import { type Sandbox, startSandbox } from "./server.ts";

/** A sandbox that nobody changes: all tests of this file read from it. */
let sandbox: Sandbox;
const DELAY_MS = 60_000;
beforeAll(async () => {
  // A file gets ready when the test says so.
  vi.useFakeTimers({ toFake: ["Date"] });
  const flags = ["--port", "0", "--now", "2026-03-20T12:00:00Z", "--users", "60000"];
  sandbox = await startSandbox(
    readOptions([...flags, "--export-delay-ms", String(DELAY_MS)], {}, Date.now()),
  );
});
afterAll(async () => {
  vi.useRealTimers();
  await sandbox.close();
});
const { post, truth } = asking(() => sandbox);

describe("user export", () => {
  const fields = [
    "external_id",
    "email",
    "phone",
    "created_at",
    "apps",
    "campaigns_received",
    "custom_events",
  ];

  it("prepares a file, offers it a little later, and refuses the same segment meanwhile", async () => {
    const { segments } = await truth("only=segments");
    const list = segments as unknown as { segment_id: string; sizes: number[] }[];
    const segment = list.reduce((a, b) => (a.sizes.at(-1)! > b.sizes.at(-1)! ? a : b));
    const ask = { segment_id: segment.segment_id, fields_to_export: fields };
    const { body, status } = await post("/users/export/segment", ask);
    expect([status, body.message]).toEqual([200, "success"]);
    expect((await post("/users/export/segment", ask)).status).toBe(429);
    const url = body.url as unknown as string;
    expect((await fetch(url)).status).toBe(404);
    const archive = await downloadLater(url);
    const files = unzip(archive);
    const users = files.flatMap((text) =>
      text
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)),
    );
    expect(users.length - (files.length - 1)).toBe(segment.sizes.at(-1));
    expect(new Set(users.map(({ external_id }) => external_id)).size).toBe(segment.sizes.at(-1));
    expect(users[0].created_at).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$/);
    expect(users.some(({ campaigns_received }) => campaigns_received?.[0].api_campaign_id)).toBe(true);
    expect(users.some((user) => !("custom_events" in user))).toBe(true);
    expect(users.every((user) => Object.keys(user).every((key) => fields.includes(key)))).toBe(true);
  });

  it("exports the global control group and users by id", async () => {
    const { global_control_group: group } = await truth("only=global_control_group");
    const { body } = await post("/users/export/global_control_group", { fields_to_export: ["external_id"] });
    const lines = unzip(await downloadLater(body.url as unknown as string))
      .join("")
      .trimEnd()
      .split("\n");
    expect(lines.length).toBe(group!.size);
    const ids = await post("/users/export/ids", {
      external_ids: ["user-000007", "nobody"],
      fields_to_export: ["external_id", "email"],
    });
    expect(ids.body.users).toMatchObject([{ external_id: "user-000007" }]);
    expect(ids.body.invalid_user_ids).toEqual(["nobody"]);
    const many = Array.from({ length: 51 }, (_, at) => `user-${at}`);
    expect(
      (await post("/users/export/ids", { external_ids: many, fields_to_export: ["email"] })).status,
    ).toBe(400);
    expect(
      (await post("/users/export/segment", { segment_id: "x", fields_to_export: ["email"] })).status,
    ).toBe(400);
  });
});

/** The body behind a link, once it is ready. */
async function downloadLater(url: string): Promise<Buffer> {
  vi.setSystemTime(Date.now() + DELAY_MS);
  const response = await fetch(url);
  expect(response.status).toBe(200);
  return Buffer.from(await response.arrayBuffer());
}

/** The texts in an archive, read by way of its directory. */
function unzip(archive: Buffer): string[] {
  const end = archive.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  let at = archive.readUInt32LE(end + 16);
  return Array.from({ length: archive.readUInt16LE(end + 10) }, () => {
    const [size, name, local] = [
      archive.readUInt32LE(at + 20),
      archive.readUInt16LE(at + 28),
      archive.readUInt32LE(at + 42),
    ];
    at += 46 + name;
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28);
    return inflateRawSync(archive.subarray(start, start + size)).toString("utf8");
  });
}
