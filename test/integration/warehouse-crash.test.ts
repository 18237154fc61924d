import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { errorCode } from "@lifecycle/contracts";
import { openDuckdbWarehouse } from "@lifecycle/warehouse";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { land, request, things } from "./warehouse-support/files.ts";
import { keys } from "./warehouse-support/part.ts";

const script = join(import.meta.dirname, "warehouse-support/child.ts");

describe("a warehouse file whose owner goes", () => {
  let folder: string;
  let path: string;
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "crash-"));
    path = join(folder, "warehouse.duckdb");
  });

  afterEach(async () => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    await rm(folder, { recursive: true });
  });

  /** Starts the child and gives its words as they come. */
  function start(work: string, data = "") {
    const child = spawn(process.execPath, [script, path, work, data], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    children.push(child);
    const words = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const exited = once(child, "exit");
    const next = async () => (await words.next()).value as string | undefined;
    return {
      next,
      async until(word: string) {
        for (let said = await next(); said !== word; said = await next()) {
          if (said === undefined) throw new Error(`the child ended before it said ${word}`);
        }
      },
      /** It is killed by itself. */
      async ended(): Promise<void> {
        expect(await exited).toEqual([null, "SIGKILL"]);
      },
      /** The words it still said before it died. */
      async kill(): Promise<string[]> {
        child.kill("SIGKILL");
        await exited;
        const rest: string[] = [];
        for (let said = await next(); said !== undefined; said = await next()) rest.push(said);
        return rest;
      },
    };
  }

  async function ask(sql: string): Promise<unknown[][]> {
    const warehouse = await openDuckdbWarehouse({ path });
    try {
      return (await warehouse.query(sql)).rows;
    } finally {
      await warehouse.close();
    }
  }

  /** Strikes so many milliseconds after the work has begun, four times, and on until enough was seen: machines differ in speed. */
  async function strikeUntil(seen: () => boolean, strike: (moment: number) => Promise<void>): Promise<void> {
    const moments = [0, 10, 40, 120, 400, 3, 1_200, 0, 4_000, 15, 12_000];
    for (const [times, moment] of moments.entries()) if (times < 4 || !seen()) await strike(moment);
    expect(seen()).toBe(true);
  }

  it("shows the whole load or none of it, and loads again without doubling", async () => {
    const rows = 20_000;
    const file = await land(folder, things(rows));
    let midway = 0;
    await strikeUntil(
      () => midway > 0,
      async (moment) => {
        const child = start("load", file.uri);
        await child.until("begin");
        await delay(moment); // the moment of the kill is what varies; no state is waited for
        if ((await child.kill()).at(-1) !== "end") midway += 1;
        const [[seen]] = (await ask(
          "SELECT count(*) FROM information_schema.tables WHERE table_name = 'raw_thing'",
        )) as [[number]];
        const count = seen === 0 ? 0 : (await ask("SELECT count(*) FROM lifecycle_raw.raw_thing"))[0]![0];
        expect([0, rows]).toContain(count);
      },
    );
    const warehouse = await openDuckdbWarehouse({ path });
    expect(await warehouse.load(request([file]))).toEqual({ rows, rejected: 0 });
    expect(
      (await warehouse.query("SELECT count(*), count(DISTINCT id) FROM lifecycle_raw.raw_thing")).rows,
    ).toEqual([[rows, rows]]);
    await warehouse.close();
  });

  it("shows the old published table or the new one, never a mix, and never goes back", async () => {
    let versions = 0;
    await strikeUntil(
      () => versions > 1,
      async (moment) => {
        const child = start("publish");
        await child.until("end 1");
        await child.until("begin");
        await delay(moment);
        const after = await child.kill();
        const finished = Math.max(
          1,
          ...after.filter((word) => word.startsWith("end")).map((word) => Number(word.slice(4))),
        );
        const seen = await ask("SELECT version, count(*), min(n), max(n) FROM agg_big GROUP BY version");
        expect(seen).toEqual([[expect.any(Number), 400_000, 0, 399_999]]);
        // What was said to be published is; at most the one in work may be ahead of the word.
        expect([finished, finished + 1]).toContain(seen[0]![0]);
        versions = Math.max(versions, seen[0]![0] as number);
      },
    );
  });

  it("shows days of one publishing, whatever the build or the publishing of some of them was doing", async () => {
    const perDay = "SELECT CAST(day AS STRING), min(version), max(version), count(*)";
    let versions = 0;
    let midway = 0;
    await strikeUntil(
      () => versions > 1 && midway > 0,
      async (moment) => {
        const child = start("parts");
        await child.until("end 1");
        await child.until("begin");
        await delay(moment);
        if (["begin", undefined].includes((await child.kill()).at(-1))) midway += 1;
        const seen = (await ask(`${perDay} FROM agg_part GROUP BY day ORDER BY day`)) as [
          string,
          number,
          number,
          number,
        ][];
        const version = seen[1]![1];
        expect(seen).toEqual([
          ["2026-01-01", 1, 1, 50_000],
          ["2026-01-02", version, version, 50_000],
          ["2026-01-03", version, version, 50_000],
          ["2026-01-04", 1, 1, 50_000],
        ]);
        // What is built beside is whole too, and its ledger is of it.
        const warehouse = await openDuckdbWarehouse({ path });
        const [build] = await warehouse.builds.list();
        const built = await warehouse.query(
          `${perDay} FROM lifecycle_build.agg_part GROUP BY day HAVING min(version) <> max(version) OR count(*) <> 50000`,
        );
        expect([built.rows, build!.rows]).toEqual([[], 200_000]);
        // Whatever was published of it, the next publishing brings all that is not.
        await warehouse.builds.audit("agg_part", build!.version, "its tests");
        await warehouse.publish("agg_part", "again");
        const differing = await warehouse.query(
          "SELECT count(*) FROM (FROM agg_part EXCEPT FROM lifecycle_build.agg_part)",
        );
        expect(differing.rows).toEqual([[0]]);
        await warehouse.close();
        versions = Math.max(versions, version);
      },
    );
  });

  const OLD = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((id) => [id, 1]);
  const NEW = [[0, 2], [2, 2], ...OLD.slice(4)];
  it.each([
    ["building keys", "keys-built", 'DELETE FROM "lifecycle_build"."agg_key"', OLD, OLD],
    ["building keys", "keys-built", "_unpublished_keys__agg_key", OLD, OLD],
    ["building keys", "keys-built", "COMMIT", NEW, OLD],
    ["publishing keys", "keys-published", 'DELETE FROM "lifecycle"."agg_key"', NEW, OLD],
    ["publishing keys", "keys-published", 'INSERT INTO "lifecycle"."agg_key"', NEW, OLD],
    ["publishing keys", "keys-published", 'DROP TABLE IF EXISTS .*"_unpublished_keys__agg_key"', NEW, OLD],
    ["publishing keys", "keys-published", "COMMIT", NEW, NEW],
  ])(
    "%s (%s) and killed after %s: all of it or nothing, and the next one brings the rest",
    async (_, work, statement, built, published) => {
      const child = start(work, `^(CREATE.*|INSERT.*)?${statement}`);
      await child.until("end 1");
      await child.ended();
      const warehouse = await openDuckdbWarehouse({ path });
      const rows = async (relation: string) =>
        (await warehouse.query(`SELECT id, version FROM ${relation} ORDER BY id`)).rows;
      try {
        expect([await rows("lifecycle_build.agg_key"), await rows("agg_key")]).toEqual([built, published]);
        const { version } = await warehouse.materialise(keys(2));
        await warehouse.builds.audit("agg_key", version, "its tests");
        await warehouse.publish("agg_key", "again");
        expect([await rows("lifecycle_build.agg_key"), await rows("agg_key")]).toEqual([NEW, NEW]);
      } finally {
        await warehouse.close();
      }
    },
  );

  it("publishes nothing that was built but not audited when its builder died", async () => {
    const child = start("publish");
    await child.until("end 1");
    await child.until("built");
    const said = await child.kill();
    const last = said.filter((word) => /^(built|begin|end)/.test(word)).at(-1) ?? "built";
    const warehouse = await openDuckdbWarehouse({ path });
    try {
      const [build] = await warehouse.builds.list();
      const [[built]] = (await warehouse.query("SELECT max(version) FROM lifecycle_build.agg_big")).rows as [
        [number],
      ];
      const [[before]] = (await warehouse.query("SELECT max(version) FROM agg_big")).rows as [[number]];
      // The child may have got on before it died: what it had not said is open, what it had said holds.
      if (build!.auditedAs === undefined) {
        expect(await warehouse.publish("agg_big", "again").then(() => "done", errorCode)).toBe(
          "warehouse.not_audited",
        );
        expect((await warehouse.query("SELECT max(version) FROM agg_big")).rows).toEqual([[before]]);
        expect(built).toBe(before + 1);
      } else {
        await warehouse.publish("agg_big", "again");
        expect((await warehouse.query("SELECT max(version) FROM agg_big")).rows).toEqual([[built]]);
      }
      if (last.startsWith("begin")) expect(build!.auditedAs).toBeDefined();
    } finally {
      await warehouse.close();
    }
  });

  it("stops running queries when it is closed, and gives the file free", async () => {
    const warehouse = await openDuckdbWarehouse({ path });
    const running = warehouse
      .query("SELECT count(*) FROM range(1000000000) a, range(1000000000) b")
      .then(() => "done", errorCode);
    await warehouse.close();
    expect(await running).toBe("warehouse.closed");
    await start("own").until("open");
  });

  it("waits for the owner, then says who has the file", async () => {
    const child = start("own");
    await child.until("open");
    const asked = performance.now();
    const refused = await openDuckdbWarehouse({ path, busyTimeoutMs: 600 }).then(
      () => undefined,
      (error) => error,
    );
    expect(errorCode(refused)).toBe("warehouse.busy");
    expect(refused.message).toMatch(/process \d+ has the warehouse file/);
    expect(performance.now() - asked).toBeGreaterThan(550);
    const waiting = openDuckdbWarehouse({ path, busyTimeoutMs: 120_000 });
    await child.kill();
    const warehouse = await waiting;
    expect((await warehouse.query("SELECT 1")).rows).toEqual([[1]]);
    await warehouse.close();
  });
});
