import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
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
