import { Budget, withinBudget } from "@lifecycle/transform";
import { checkBigquery } from "@lifecycle/warehouse";
import { describe, expect, it } from "vitest";
import { bigqueryForEach } from "./warehouse-support/for-each.ts";

describe("the BigQuery driver, what it may cost and who may read", () => {
  const place = bigqueryForEach();
  const settings = (more: object = {}) => ({
    projectId: place.server.project,
    location: "EU",
    apiEndpoint: place.server.url,
    retryDelayMs: 5,
    ...more,
  });
  const build = async (table: string, sql: string, more: object = {}) => {
    const built = await place.warehouse.materialise({ table, sql, jobId: `j-${table}`, ...more });
    await place.warehouse.builds.audit(table, built.version, "its tests");
    return built;
  };

  it("refuses a build or a query above its cap before it begins, and tells what the others were billed", async () => {
    const least = 10 * 1_048_576;
    await build("agg_x", "SELECT 1 AS v");
    const reading = "SELECT v FROM lifecycle_build.agg_x";
    const capped = place.warehouse.materialise({
      table: "agg_y",
      sql: reading,
      jobId: "y",
      maxBytesBilled: least - 1,
    });
    await expect(capped).rejects.toMatchObject({ code: "warehouse.cost_capped" });
    const query = place.warehouse.query(reading, { maxBytesBilled: least - 1 });
    await expect(query).rejects.toMatchObject({ code: "warehouse.cost_capped" });
    expect(await build("agg_y", reading, { jobId: "y2", maxBytesBilled: least })).toMatchObject({
      bytesBilled: least,
    });
    expect(await place.warehouse.query(reading, { maxBytesBilled: least })).toMatchObject({
      bytesBilled: least,
    });
  });

  it("counts a run's budget down, and stops it with a word about the setting", async () => {
    await build("agg_x", "SELECT 1 AS v");
    const reader = (budget: Budget) => () =>
      withinBudget(place.warehouse, budget).query("SELECT v FROM lifecycle_build.agg_x");
    const budget = new Budget(25 * 1_048_576);
    const read = reader(budget);
    await read();
    await read();
    expect(budget.spentBytes).toBe(20 * 1_048_576);
    await expect(read()).rejects.toMatchObject({ code: "warehouse.cost_capped" });
    const exact = reader(new Budget(10 * 1_048_576));
    await exact();
    await expect(exact()).rejects.toThrow(/max_bytes_billed_per_run allows 10,485,760/);
  });

  it("makes the members of a grant the holders of their roles, and leaves other roles alone", async () => {
    await build("agg_x", "SELECT 1 AS v");
    await place.warehouse.publish("agg_x", "p");
    const viewer = "roles/bigquery.dataViewer";
    const policy = () => place.server.policy("lifecycle", "agg_x");
    expect(await place.warehouse.grant("agg_x", { [viewer]: ["group:analysts@example.org"] })).toBe(true);
    expect(await place.warehouse.grant("agg_x", { [viewer]: ["group:analysts@example.org"] })).toBe(false);
    expect(await place.warehouse.grant("agg_x", { "roles/custom.x": ["user:a@example.org"] })).toBe(true);
    await build("agg_x", "SELECT 2 AS v", { jobId: "again" });
    await place.warehouse.publish("agg_x", "p2");
    expect(policy()).toEqual([
      { role: viewer, members: ["group:analysts@example.org"] },
      { role: "roles/custom.x", members: ["user:a@example.org"] },
    ]);
    place.server.fail({
      path: /:setIamPolicy$/,
      times: 1,
      does: "answer",
      error: { status: 409, reason: "aborted" },
    });
    expect(await place.warehouse.grant("agg_x", { [viewer]: ["user:b@example.org"] })).toBe(true);
    expect(await place.warehouse.grant("agg_x", { "roles/custom.x": [] })).toBe(true);
    expect(policy()).toEqual([{ role: viewer, members: ["user:b@example.org"] }]);
  });

  it("finds what a worker would miss, and says how to mend it", async () => {
    const found = async (more?: object) =>
      (await checkBigquery(settings(more))).map(({ ok, detail }) => `${ok} ${detail}`);
    await build("agg_x", "SELECT 1 AS v");
    await place.warehouse.publish("agg_x", "p");
    expect(await found()).toEqual([
      "true a query would run",
      "true dataset lifecycle_raw readable (raw_rejected_row: 0 bytes)",
      expect.stringMatching(/^true dataset lifecycle_build readable \(\w+: \d+ bytes\)$/),
      "true dataset lifecycle readable (agg_x: 8 bytes)",
    ]);
    expect(await found({ dataset: "other" })).toContain(
      "true dataset other_raw not there yet: the worker makes it, which takes roles/bigquery.user on the project",
    );
    expect(await found({ location: "US" })).toContain(
      "false dataset lifecycle: it lies in EU, the settings say US: set BIGQUERY_LOCATION=EU",
    );
    const denied = { status: 403, reason: "accessDenied" };
    place.server.fail({ path: /^\/jobs$/, times: 1, does: "answer", error: denied });
    expect(await found()).toEqual([
      expect.stringMatching(/^false a query would run: .*roles\/bigquery.jobUser on the project/),
    ]);
    place.server.fail({ path: /^\/datasets\/lifecycle\/tables$/, times: 1, does: "answer", error: denied });
    expect((await found()).at(-1)).toMatch(/^false dataset lifecycle: .*roles\/bigquery.dataEditor/);
  });
});
