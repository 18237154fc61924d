import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorCode } from "@lifecycle/contracts";
import {
  bucketLanding,
  bucketStore,
  diskLanding,
  diskStore,
  type Landing,
  type ObjectStore,
  openBucket,
} from "@lifecycle/landing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GcsServer, startGcsServer } from "../fakes/gcs-server.ts";

process.env.METADATA_SERVER_DETECTION = "none";

let gcs: GcsServer;
let folder: string;
const room = (prefix = "some/prefix") =>
  openBucket({ uri: `gs://landing-test/${prefix}`, apiEndpoint: gcs.url, projectId: "p", retryDelayMs: 2 });

beforeAll(async () => {
  gcs = await startGcsServer(["landing-test"]);
  folder = await mkdtemp(join(tmpdir(), "landing-"));
});
afterAll(async () => {
  await gcs.close();
  await rm(folder, { recursive: true });
});

const kinds: [string, () => { store: ObjectStore; landing: Landing }][] = [
  ["disk", () => ({ store: diskStore(folder), landing: diskLanding(folder) })],
  ["bucket", () => ({ store: bucketStore(room()), landing: bucketLanding(room()) })],
];

describe.each(kinds)("landing on %s", (_, open) => {
  it("lets exactly one of many writers win, and keeps the winner's content", async () => {
    const { store } = open();
    const wins = await Promise.all(
      Array.from({ length: 20 }, (_, i) => store.putOnce("once/a", `content ${i}`)),
    );
    expect(wins.filter(Boolean)).toHaveLength(1);
    expect(await store.get("once/a")).toBe(`content ${wins.indexOf(true)}`);
    expect(await store.putOnce("once/a", "later")).toBe(false);
  });

  it("replaces, lists what lies directly below, removes", async () => {
    const { store } = open();
    await store.put("list/b", "1");
    await store.put("list/b", "2");
    await store.put("list/deeper/c", "3");
    await store.put("listing", "not below");
    expect(await store.get("list/b")).toBe("2");
    expect((await store.names("list")).toSorted()).toEqual(["b", "deeper"]);
    await store.remove("list/b");
    await store.remove("list/b");
    expect(await store.get("list/b")).toBeUndefined();
    expect(await store.names("no/such")).toEqual([]);
  });

  it("writes a part and reads the same rows back in order", async () => {
    const { landing } = open();
    const rows = Array.from({ length: 1_200 }, (_, i) => ({ id: i, text: i % 7 ? "é\n" : null }));
    const file = await landing.writePart("main/braze/x/part-1", rows, "raw_x");
    expect(file).toMatchObject({
      uri: "landing/main/braze/x/part-1.ndjson.gz",
      rows: 1_200,
      target: "raw_x",
    });
    expect(file.sizeBytes).toBeGreaterThan(100);
    const read: unknown[] = [];
    for await (const row of landing.readPart(file)) read.push(row);
    expect(read).toEqual(rows);
    expect(landing.locate("/a/person/file.csv")).toBe("/a/person/file.csv");
  });

  it("leaves nothing behind when the rows end in an error", async () => {
    const { landing, store } = open();
    async function* broken() {
      yield { a: 1 };
      throw new Error("the source broke off");
    }
    await expect(landing.writePart("broken/part", broken(), "t")).rejects.toThrow("the source broke off");
    expect(await store.names("landing/broken")).toEqual([]);
  });
});

describe("a bucket when things go wrong", () => {
  it("rides out 503s, rate limits and lost connections", async () => {
    const store = bucketStore(room("storm"));
    gcs.fail({ times: 2, does: "answer", error: { status: 503, reason: "backendError" } });
    expect(await store.putOnce("a", "1")).toBe(true);
    gcs.fail({ times: 2, does: "answer", error: { status: 429, reason: "rateLimitExceeded" } });
    expect(await store.get("a")).toBe("1");
    gcs.fail({ times: 1, does: "cut" });
    expect(await store.names("")).toEqual(["a"]);
  });

  it("knows its own write again when the answer got lost", async () => {
    const store = bucketStore(room("lost"));
    gcs.fail({ method: "POST", times: 1, does: "cut-after" });
    expect(await store.putOnce("a", "mine")).toBe(true);
    expect(await store.putOnce("a", "another's")).toBe(false);
    expect(await store.get("a")).toBe("mine");
  });

  it("lists more names than a page holds", async () => {
    const store = bucketStore(room("many"));
    const objects = gcs.bucket("landing-test");
    for (let i = 0; i < 2_500; i++) objects.put(`many/list/${i}`, Buffer.from(""), "text/plain", null);
    expect(new Set(await store.names("list")).size).toBe(2_500);
  });

  it("sends a large part in pieces, and again after a failure", async () => {
    const landing = bucketLanding(room("large"));
    const noise = (i: number) => ({
      i,
      text: Buffer.from(Array.from({ length: 300 }, (_, j) => (i * 7 + j * 131 * (i % 97)) & 255)).toString(
        "base64",
      ),
    });
    function* rows() {
      for (let i = 0; i < 120_000; i++) yield noise(i);
    }
    gcs.fail({ path: /^\/upload/, times: 1, does: "answer", error: { status: 503, reason: "backendError" } });
    const file = await landing.writePart("part", rows(), "t");
    expect(file.rows).toBe(120_000);
    expect(gcs.bucket("landing-test").get("large/landing/part.ndjson.gz").data.length).toBe(file.sizeBytes);
  });

  it("says what is wrong with a bucket that is not there or not ours", async () => {
    const nowhere = bucketStore(
      openBucket({ uri: "gs://no-such-bucket", apiEndpoint: gcs.url, projectId: "p", retryDelayMs: 2 }),
    );
    expect(await nowhere.names("ledger").then(() => "listed", errorCode)).toBe("landing.not_found");
    gcs.fail({ times: 1, does: "answer", error: { status: 403, reason: "forbidden" } });
    expect(
      await bucketStore(room())
        .get("a")
        .then(() => "read", errorCode),
    ).toBe("landing.access_denied");
  });
});
