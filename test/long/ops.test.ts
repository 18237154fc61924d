import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { type Installation, install } from "../e2e/support/installation.ts";

const NOW = "2026-06-30T12:00:00Z";
const RUN = ["run", "braze", "--from", "2026-06-01", "--to", "2026-06-30"];

describe("what the ops tables tell of Braze's answers", () => {
  let at: Installation;
  let url: string;
  beforeAll(async () => {
    at = await install(inject("redisUrl"), { LIFECYCLE_NOW: NOW });
    ({ url } = await at.sandbox(
      ...["--now", NOW, "--time-zone", "UTC", "--campaigns", "40", "--canvases", "4"],
      ...["--fault", "429=0.12,new_fields=0.3"],
    ));
    expect(await at.cli(...RUN)).toMatchObject({ code: 0, stderr: "" });
  });
  afterAll(() => at.close());

  it("counts the calls that were refused beside those that were answered, by bucket", async () => {
    const statuses = await statusesOf(url);
    const refused = statuses.reduce((sum, each) => sum + (each["429"] ?? 0), 0);
    expect(refused).toBeGreaterThan(2);
    const [quota] =
      await at.query(`select sum(refused_calls)::integer as refused, sum(calls)::integer as calls,
      count(distinct bucket)::integer as buckets, min(bucket_limit)::integer as least from ops_api_quota`);
    expect(quota).toMatchObject({ refused, buckets: 2, least: 50_000 });
    // An answer that its part did not land with, because the next page was refused, is asked for again.
    expect(Number(quota!.calls)).toBeLessThanOrEqual(
      statuses.reduce((sum, each) => sum + (each["200"] ?? 0), 0),
    );
  });

  it("tells once of fields that nobody knew, which are kept and break nothing", async () => {
    const rows = await at.query("select * from ops_schema_change where change = 'unknown_field'");
    expect(new Set(rows.map(({ column_name }) => column_name))).toContain("brand_new");
    expect(new Set(rows.map(({ table_name }) => table_name))).toContain("raw_campaign_daily");
    for (const row of rows)
      expect(row).toMatchObject({ is_breaking: false, policy: "keep", outcome: "kept", new_type: "text" });
    expect(await at.cli(...RUN, "--full")).toMatchObject({ code: 0 });
    const later = await at.query("select * from ops_schema_change where change = 'unknown_field'");
    const keys = later.map(({ table_name, column_name }) => `${table_name} ${column_name}`);
    expect(new Set(keys).size).toBe(keys.length);
    expect(keys).toEqual(
      expect.arrayContaining(rows.map(({ table_name, column_name }) => `${table_name} ${column_name}`)),
    );
  });
});

async function statusesOf(url: string): Promise<Record<string, number>[]> {
  const stats = (await (await fetch(`${url}/__sandbox/stats`)).json()) as {
    paths: Record<string, { statuses: Record<string, number> }>;
  };
  return Object.values(stats.paths).map(({ statuses }) => statuses);
}
