import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { errorCode } from "@lifecycle/contracts";
import type { Warehouse } from "@lifecycle/warehouse";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { BigqueryServer } from "../fakes/bigquery-server.ts";
import { connectTo, startFake } from "../integration/warehouse-support/drivers.ts";
import { part } from "../integration/warehouse-support/part.ts";

const script = join(import.meta.dirname, "../integration/warehouse-support/child-bigquery.ts");
const OLD = [
  ["2026-01-01", 1],
  ["2026-01-02", 1],
  ["2026-01-03", 1],
  ["2026-01-04", 1],
];
const NEW = [
  ["2026-01-01", 1],
  ["2026-01-02", 2],
  ["2026-01-03", 2],
  ["2026-01-04", 1],
];

describe("a build of days in BigQuery whose builder is killed", () => {
  let server: BigqueryServer;
  let warehouse: Warehouse;
  let child: ChildProcess | undefined;

  beforeEach(async () => {
    server = await startFake();
    warehouse = await connectTo(server);
    await warehouse.bootstrap();
    const { version } = await warehouse.materialise(part(1));
    await warehouse.builds.audit("agg_part", version, "its tests");
    await warehouse.publish("agg_part", "v1");
  });
  afterEach(async () => {
    child?.kill("SIGKILL");
    await warehouse.close();
    await server.close();
  });

  const daysOf = async (dataset: string) =>
    (await warehouse.query(`SELECT day, version FROM ${dataset}.agg_part ORDER BY day`)).rows;
  const heldJob = (pattern: RegExp) =>
    [...server.jobs.values()].find(({ id, held }) => held && pattern.test(id));

  /** Kills the builder when BigQuery has taken the job and not begun it. */
  async function killedAt(job: RegExp): Promise<void> {
    server.fail({ job, times: 1, does: "hold-job" });
    child = spawn(process.execPath, [script, server.url, server.project], {
      stdio: ["ignore", "pipe", "inherit"],
      env: { ...process.env, METADATA_SERVER_DETECTION: "none" },
    });
    const exited = once(child, "exit");
    while (!heldJob(job)) await delay(5);
    child.kill("SIGKILL");
    await exited;
  }

  const worksDone = () =>
    [...server.jobs.values()]
      .filter(({ configuration }) => ["build", "publish"].includes(configuration.labels?.kind ?? ""))
      .map(({ id }) => id);

  async function finished(): Promise<void> {
    const second = await connectTo(server);
    const built = await second.materialise(part(2));
    await second.builds.audit("agg_part", built.version, "its tests");
    await second.publish("agg_part", "v2");
    await second.close();
    expect(await daysOf("lifecycle")).toEqual(NEW);
    expect(await daysOf("lifecycle_build")).toEqual(NEW);
    const ids = worksDone();
    expect(ids.length).toBe(new Set(ids).size);
    expect(ids.filter((id) => /__a\d+$/.test(id))).toEqual([]);
  }

  it.each([
    ["its new rows", /___part__/],
    ["the change of the table", /^v2__part__agg_part__t[0-9a-z]+__[0-9a-f]+$/],
  ])(
    "while BigQuery made %s: readers keep the old days, the next builder does each job once",
    async (_, job) => {
      await killedAt(job);
      expect(await daysOf("lifecycle")).toEqual(OLD);
      expect(await daysOf("lifecycle_build")).toEqual(OLD);
      const [during] = await warehouse.builds.list();
      expect(during).toMatchObject({ inputs: { raw_thing: 1 } });
      server.release();
      await finished();
    },
  );

  it("after the table was changed and before anybody wrote it down: it counts as built, and not as audited", async () => {
    await killedAt(/^v2__part__agg_part__t[0-9a-z]+__[0-9a-f]+$/);
    const before = (await warehouse.builds.list())[0]!.publishedVersion;
    server.release();
    while ([...server.jobs.values()].some(({ state }) => state !== "DONE")) await delay(5);
    expect(await daysOf("lifecycle_build")).toEqual(NEW);
    expect(await daysOf("lifecycle")).toEqual(OLD);
    const [build] = await warehouse.builds.list();
    expect(build).toMatchObject({
      hash: "its text",
      inputs: { raw_thing: 2 },
      rows: 4,
      auditedAs: undefined,
      publishedVersion: before,
    });
    expect(await warehouse.builds.partitionsSince("agg_part", before!)).toEqual(["2026-01-02", "2026-01-03"]);
    expect(await warehouse.publish("agg_part", "v2").then(() => "done", errorCode)).toBe(
      "warehouse.not_audited",
    );
    expect(await daysOf("lifecycle")).toEqual(OLD);
    await finished();
  });

  it("between audit and swap: readers see the old days until the swap is done, then the new ones", async () => {
    await killedAt(/^v2__publish__/);
    expect(await daysOf("lifecycle")).toEqual(OLD);
    let isOver = false;
    const seen = new Set<string>();
    const watching = (async () => {
      while (!isOver) seen.add(JSON.stringify(await daysOf("lifecycle")));
    })();
    server.release();
    await finished();
    isOver = true;
    await watching;
    for (const answer of seen) expect([OLD, NEW].map((days) => JSON.stringify(days))).toContain(answer);
  });
});
