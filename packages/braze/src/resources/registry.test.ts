import { rateLimitBuckets, Slug } from "@lifecycle/contracts";
import { describe, expect, it } from "vitest";
import { brazeCatalogue, brazeResources, findResource, tablesOf } from "./registry.ts";

describe("the catalogue", () => {
  it("names each resource, path and scope once", () => {
    for (const name of ["slug", "path", "scope"] as const) {
      const all = brazeCatalogue.map((resource) => resource[name]);
      expect(new Set(all).size).toBe(all.length);
    }
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
        if (resource.parentFlag) expect(listed).toContain(resource.parentFlag);
      }
    },
  );

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
      ]),
    );
  });
});
