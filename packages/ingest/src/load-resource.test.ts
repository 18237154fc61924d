import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { errorMessage, FilePipeline, loadId, type RunRequest, rawFileTable } from "@lifecycle/contracts";
import { diskLanding, diskStore, openLedger } from "@lifecycle/landing";
import { openDuckdbWarehouse, type Warehouse } from "@lifecycle/warehouse";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadResource } from "./load-resource.ts";
import { type PersonalData, personalData } from "./personal-data.ts";
import { describeFile, FILE_RESOURCE, planFileRun } from "./plan-file-run.ts";

const pipeline = FilePipeline.parse({
  name: "orders",
  kind: "file",
  raw_table: "raw_orders",
  columns: [
    { name: "customer", type: "STRING", required: true, pii: true },
    { name: "amount", type: "INT64" },
  ],
});
/** Enough for a load that takes a while. */
const ROWS = 400_000;
const CUSTOMERS = [" Ann@Example.org", "U_0001", "Žofie", ""];

describe("a load that is told to stop", () => {
  it("stops in its middle, leaves no row and no receipt, and is done whole the next time", async () => {
    const home = await mkdtemp(join(tmpdir(), "load-stopped-"));
    const warehouse = await openDuckdbWarehouse({ path: join(home, "w.duckdb"), threads: 1 });
    try {
      const ledger = openLedger(diskStore(home));
      const landing = diskLanding(home);
      const land = async (pass: number) => {
        const request: RunRequest = {
          runId: `main__braze__all__p${pass}`,
          workspace: "main",
          pipeline: "braze",
          window: "all",
          pass,
          trigger: "cli",
          requestedBy: "somebody",
          requestedAt: "2026-06-30T12:00:00.000Z",
          priority: 0,
        };
        const { runId, requestedAt: landedAt } = request;
        const id = loadId(runId, "things");
        const rows = Array.from({ length: ROWS }, (_, n) => `{"thing":"t${n}","_load_id":"${id}"}`);
        const file = await landing.writePart("main/things", rows, "raw_thing");
        const part = { part: "things", resource: "things", bucket: "default" } as const;
        await ledger.writePlan({ runId, plannedAt: landedAt, parts: [part] });
        await ledger.writeManifest({
          ...{ runId, landedAt, part: "things", resource: "things" },
          ...{ files: [file], rows: ROWS, rejected: 0 },
        });
        return request;
      };
      const tables = [
        {
          table: "raw_thing",
          columns: ["thing", "_load_id"].map((name) => ({ name, type: "STRING" }) as const),
        },
      ];
      await warehouse.bootstrap(tables);
      const deps = { ledger, landing, warehouse, tables, now: () => new Date() };
      const count = async () =>
        (await warehouse.query("SELECT count(*)::INT FROM lifecycle_raw.raw_thing")).rows[0]![0];

      // A load may be done before anybody can stop it, which proves nothing: then another one, which is stopped sooner.
      const blow = async (pass: number, ms: number): Promise<RunRequest> => {
        const request = await land(pass);
        const stop = new AbortController();
        const stopped = loadResource(deps, request, "things", stop.signal);
        setTimeout(() => stop.abort(new Error("the worker is leaving")), ms);
        const reason = await stopped.then(() => undefined, errorMessage);
        if (reason === undefined && ms > 1) return blow(pass + 1, ms / 2);
        expect(reason).toBe("the worker is leaving");
        return request;
      };
      const request = await blow(1, 50);
      const before = (request.pass - 1) * ROWS;
      expect(await count()).toBe(before);
      expect(await ledger.readLoads(request.runId)).toEqual([]);
      expect((await loadResource(deps, request, "things")).tables).toEqual([
        { table: "raw_thing", rows: ROWS },
      ]);
      expect(await count()).toBe(before + ROWS);
    } finally {
      await warehouse.close();
      await rm(home, { recursive: true, force: true });
    }
  });
});

describe("a file with personal data", () => {
  let home: string;
  let warehouse: Warehouse;
  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), "load-resource-"));
    warehouse = await openDuckdbWarehouse({
      path: join(home, "w.duckdb"),
      memoryLimit: "120MB",
      threads: 1,
      dataset: "lifecycle",
    });
    const rows = CUSTOMERS.map((customer, i) => `${customer},${i}`);
    await writeFile(join(home, "orders.csv"), `customer,amount\n${rows.join("\n")}\n`);
  });
  afterAll(async () => {
    await warehouse.close();
    await rm(home, { recursive: true, force: true });
  });

  /** Loads the file under a policy; answers the loaded customers in the order of the file. */
  async function load(name: string, personal: PersonalData): Promise<unknown[]> {
    const ledger = openLedger(diskStore(join(home, name)));
    const request: RunRequest = {
      runId: `main__orders__all__p${name.length}`,
      workspace: "main",
      pipeline: "orders",
      window: "all",
      pass: name.length,
      trigger: "cli",
      requestedBy: "somebody",
      requestedAt: "2026-06-30T12:00:00.000Z",
      priority: 0,
      source: await describeFile(join(home, "orders.csv")),
    };
    const deps = { ledger, now: () => new Date() };
    await planFileRun(deps, request, pipeline);
    const landing = diskLanding(join(home, name));
    const tables = [rawFileTable(pipeline)];
    const receipt = await loadResource(
      { ...deps, landing, warehouse, tables, filePipeline: pipeline, personal },
      request,
      FILE_RESOURCE,
    );
    const { rows } = await warehouse.query(
      `SELECT customer FROM lifecycle_raw.raw_orders WHERE _load_id = '${receipt.loadId}' ORDER BY _row_number`,
    );
    return rows.flat();
  }

  it("holds the same hashes as rows that land, empty text as nothing", async () => {
    const personal = personalData("hash", "a salt of some length");
    const expected = CUSTOMERS.map((customer) => (customer === "" ? null : personal.hash(customer)));
    expect(await load("hash", personal)).toEqual(expected);
  });

  it("holds them no more, or as they are, when the policy says so", async () => {
    expect(new Set(await load("drops", personalData("drop", undefined)))).toEqual(new Set(["[dropped]"]));
    expect((await load("kept-on", personalData("keep", undefined))).slice(1, 3)).toEqual(["U_0001", "Žofie"]);
  });

  it("is not loaded without a salt", async () => {
    await expect(load("no-salt-at-all", personalData("hash", undefined))).rejects.toMatchObject({
      code: "pii.no_salt",
    });
  });
});
