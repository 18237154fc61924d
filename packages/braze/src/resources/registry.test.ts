import { rateLimitBuckets, Slug } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { brazeCatalogue, brazeResources, findResource, tablesOf } from "./registry.ts";
import { slicedResources } from "./slices.ts";

describe("the catalogue", () => {
  it("names each resource once, and each path once by day and once by the hour, for one object or for all", () => {
    const slugs = brazeCatalogue.map(({ slug }) => slug);
    expect(new Set(slugs).size).toBe(slugs.length);
    const paths = brazeCatalogue.map(
      ({ path, window, parent }) => `${path} ${window?.as === "hours"} ${parent}`,
    );
    expect(new Set(paths).size).toBe(paths.length);
    expect(brazeCatalogue).toEqual(expect.arrayContaining([...brazeResources]));
  });

  it.each(brazeCatalogue.map((resource) => [resource.slug, resource] as const))(
    "%s hangs together",
    (slug, resource) => {
      expect(Slug.safeParse(slug).success).toBe(true);
      expect(rateLimitBuckets).toContain(resource.bucket);
      expect(resource.idParam === undefined).toBe(resource.parent === undefined);
      const tables = new Map(
        resource.targets.map((table) => [table.table, table.columns.map(({ name }) => name)]),
      );
      expect(Object.keys(resource.keys).sort()).toEqual([...tables.keys()].sort());
      for (const [table, key] of Object.entries(resource.keys))
        for (const column of key) expect(tables.get(table)).toContain(column);
      for (const columns of tables.values())
        expect(columns.slice(-3)).toEqual(["_run_id", "_load_id", "_extracted_at"]);
      if (resource.parent) {
        const parent = findResource(resource.parent);
        const listed = tablesOf(parent ? [parent] : []).flatMap(({ columns }) =>
          columns.map(({ name }) => name),
        );
        expect(listed).toContain(parent?.object?.idColumn);
        expect(resource.secondIdParam !== undefined).toBe(resource.parent === "sends-list");
        if (resource.parentFlag) expect(listed).toContain(resource.parentFlag);
      }
    },
  );

  it("narrows what can be narrowed, by names of their own", () => {
    const sliced = slicedResources(brazeCatalogue, [
      { name: "ios", appId: "a1" },
      { name: "vip", segmentId: "s1", resources: ["sessions-data-series", "kpi-dau-data-series"] },
    ]);
    expect(sliced.map(({ slug }) => slug)).toEqual([
      "events-data-series-ios",
      "events-data-series-hourly-ios",
      ...["new-users", "dau", "mau", "uninstalls"].map((kpi) => `kpi-${kpi}-data-series-ios`),
      "sessions-data-series-ios",
      "sessions-data-series-hourly-ios",
      ...["quantity-total", "revenue-total", "quantity", "revenue"].flatMap((what) => [
        `purchases-${what}-series-ios`,
        `purchases-${what}-series-hourly-ios`,
      ]),
      "sessions-data-series-vip",
    ]);
    const vip = sliced.at(-1)!;
    expect(vip.params).toEqual({ unit: "day", segment_id: "s1" });
    const body = { data: [{ time: "2026-01-01", sessions: 3 }] };
    expect(vip.toRows(body, { today: "2026-01-02", slice: vip.slice }).rows[0]?.row).toEqual({
      app_id: null,
      segment_id: "s1",
      activity_date: "2026-01-01",
      sessions: 3,
      extra: null,
    });
  });

  it("has one contract per table", () => {
    const tables = brazeCatalogue.flatMap(({ targets }) => targets);
    for (const table of tables)
      expect(tables.filter((other) => other.table === table.table && other !== table)).toEqual([]);
  });

  it("tags addresses and numbers as personal", () => {
    const personal = tablesOf(brazeCatalogue).flatMap(({ table, columns }) =>
      columns.filter(({ pii }) => pii).map(({ name }) => `${table}.${name}`),
    );
    expect(personal).toEqual(
      expect.arrayContaining([
        "raw_email_hard_bounce.email",
        "raw_email_unsubscribe.email",
        "raw_sms_invalid_phone.phone",
        "raw_user_export.email",
        "raw_user_export.phone",
        "raw_user_export.custom_attributes",
      ]),
    );
  });
});
