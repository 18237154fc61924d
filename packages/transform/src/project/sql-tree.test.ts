import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import type { Value } from "../jinja/nodes.ts";
import { parseTemplate } from "../jinja/parser.ts";
import { renderTemplate } from "../jinja/render.ts";
import { loadProject } from "./load-project.ts";

const SQL = join(import.meta.dirname, "../../../../sql");
const read = (name: string) => readFileSync(join(SQL, name), "utf8");
const Paths = z.array(z.string());
const DbtProject = z.object({
  name: z.string().regex(/^[a-z_]+$/),
  version: z.string(),
  "config-version": z.literal(2),
  profile: z.string(),
  "model-paths": Paths,
  "test-paths": Paths,
  "macro-paths": Paths,
});

describe("our own tree stays one that dbt-bigquery loads", () => {
  const project = DbtProject.parse(parse(read("dbt_project.yml")));

  it("its Jinja lies in the subset, and every ref and source is there", async () => {
    const { models, macros, checks } = await loadProject({ sqlDir: SQL });
    expect(models.size).toBeGreaterThan(90);
    expect(macros.size).toBeGreaterThan(0);
    expect(checks.size).toBeGreaterThan(0);
  });

  it("dbt_project.yml names every folder, each for what lies in it", () => {
    const folders = readdirSync(SQL, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
    const named = [...project["model-paths"], ...project["test-paths"], ...project["macro-paths"]];
    expect(named.toSorted()).toEqual(folders.filter((name) => name !== "queries").toSorted());
    for (const folder of project["macro-paths"])
      for (const name of readdirSync(join(SQL, folder)))
        expect(read(join(folder, name))).toMatch(/^\s*(\{#[\s\S]*?#\}\s*)?\{% macro /);
  });

  it("each model stands in one file, whose name no other has, and each test comes from dbt or dbt_utils", () => {
    const files = project["model-paths"].flatMap((folder) =>
      readdirSync(join(SQL, folder)).map((name) => join(folder, name)),
    );
    const models = files.filter((name) => name.endsWith(".sql")).map((name) => name.split("/").at(-1));
    expect(new Set(models).size).toBe(models.length);
    const yaml = files.filter((name) => name.endsWith(".yml")).map(read);
    const packages = yaml.flatMap((text) => [...text.matchAll(/\b(\w+)\.\w+: \{ arguments/g)]);
    expect(new Set(packages.map(([, name]) => name))).toEqual(new Set(["dbt_utils"]));
    expect(read("packages.yml")).toContain("dbt-labs/dbt_utils");
    for (const text of yaml) expect(parse(text)).toHaveProperty("version", 2);
  });
});

describe("a metric over events is refused with its place in the var", () => {
  const good = { name: "a", kind: "mean", value: "events", days: 7 };
  const { macros } = parseTemplate(read("macros/event_metrics.sql"), "event_metrics.sql");
  const check = (metrics: Value) =>
    renderTemplate(parseTemplate("{{ check_event_metrics(metrics) }}", "model.sql").body, {
      file: "model.sql",
      functions: {},
      values: { metrics },
      macros: new Map(macros.map((macro) => [macro.name, macro])),
    }).text;
  it.each<[Value, string]>([
    [[], "is empty"],
    [[good, { kind: "mean" }], "entry 2: needs a name and a kind"],
    [["mean"], "entry 1: needs a name and a kind"],
    [[{ ...good, kind: "median" }], "entry 1 (a): has the unknown kind median"],
    [[{ name: "a", kind: "retention" }], "entry 1 (a): is a retention and needs day"],
    [[{ name: "a", kind: "ratio", value: "events", days: 7 }], "is a ratio and needs denominator"],
    [[{ ...good, dayz: 7 }], "is a mean, which has no dayz"],
    [[{ name: "a", kind: "retention", day: 7, from_day: 1 }], "is a retention, which has no from_day"],
    [[{ ...good, days: 1.5 }], "days is no whole number of days"],
    [[{ ...good, days: "7" }], "days is no whole number of days"],
    [[{ ...good, days: 0 }], "days is no whole number of days"],
    [[{ ...good, value: "revenue" }], "value is events, active_days or miles_amount"],
    [[{ ...good, kind: "quantile", quantile: 90 }], "quantile lies between 0 and 1"],
    [[{ ...good, event_type: "x' or true or '" }], "event_type may hold no quote and no backslash"],
    [[{ ...good, event_type: "x\\" }], "event_type may hold no quote and no backslash"],
    [[{ ...good, name: "a'b" }], "name may hold no quote and no backslash"],
    [[{ ...good, role: "main" }], "role is primary, secondary or guardrail"],
    [[good, good], "entry 2 (a): has the name of an entry before it"],
  ])("%j: %s", (event_metrics, message) => {
    expect(() => check(event_metrics)).toThrow(/var event_metrics/);
    expect(() => check(event_metrics)).toThrow(message);
  });

  it("while the tree is loaded; what is good is not", async () => {
    expect(check([good])).toBe("");
    const vars = { event_metrics: [{ ...good, kind: "median" }] };
    await expect(loadProject({ sqlDir: SQL, vars })).rejects.toThrow(
      /int_event_unit_metric\.sql:3:4 in macro check_event_metrics .*: var event_metrics, entry 1 \(a\): has the unknown kind median/,
    );
  });
});
