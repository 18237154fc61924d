import { errorCode } from "@lifecycle/contracts";
import { bytesProcessed, type Warehouse } from "@lifecycle/warehouse";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BigqueryServer } from "../fakes/bigquery-server.ts";
import { connectTo, startFake } from "./warehouse-support/drivers.ts";

describe("asking BigQuery what a query would read", () => {
  let server: BigqueryServer;
  let warehouse: Warehouse;
  const ask = (...statements: string[]) =>
    bytesProcessed(
      {
        projectId: server.project,
        location: "EU",
        apiEndpoint: server.url,
        maximumBytesBilled: 1,
        retryDelayMs: 5,
      },
      statements,
    );

  beforeAll(async () => {
    server = await startFake();
    warehouse = await connectTo(server);
    await warehouse.bootstrap([]);
    await warehouse.materialise({ table: "agg_x", sql: "SELECT 1 AS a, 2 AS b", jobId: "x" });
  });
  afterAll(async () => {
    await warehouse.close();
    await server.close();
  });

  it("gives bytes, also above the cost cap, and runs nothing", async () => {
    const jobs = server.jobs.size;
    const [both, one] = await ask("SELECT a, b FROM lifecycle_build.agg_x", "SELECT 1 AS nothing_read");
    expect(both).toBeGreaterThan(0);
    expect(one).toBe(0);
    expect(server.jobs.size).toBe(jobs);
  });

  it("does not know what a table that is not built would cost, and says what else is wrong", async () => {
    expect(await ask("SELECT a FROM lifecycle_build.agg_nowhere")).toEqual([undefined]);
    expect(await ask("SELECT c FROM lifecycle_build.agg_x").catch(errorCode)).toBe("warehouse.sql_failed");
  });
});
