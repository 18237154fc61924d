import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type DocsInput, loadCompiler, readTrees, renderDocs, sourceTablesOf } from "@lifecycle/transform";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, openBrowser } from "../fixtures/browser.ts";

const root = resolve(import.meta.dirname, "../..");
const artifacts = join(root, "test-artifacts");
const AT = "2026-06-30T12:00:00Z";
const EVIL = `</script><script>window.stolen = 1</script><img src=x onerror="window.stolen = 1"> "quoted' & more`;

/** The page of our own tree, with results as a warehouse would give them and descriptions nobody should write. */
async function input(): Promise<DocsInput> {
  const { compileProject, loadProject } = await loadCompiler();
  const at = { sqlDir: resolve(root, "sql") };
  const project = await loadProject(at);
  const bigquery = compileProject(project, { engine: "bigquery", dataset: "lifecycle" });
  const duckdb = compileProject(project, { engine: "duckdb", dataset: "lifecycle" });
  const models = bigquery.models.map((model) =>
    model.name === "dim_variant" ? { ...model, description: EVIL, tags: [EVIL] } : model,
  );
  const tests = models
    .flatMap((model) =>
      model.tests.flatMap(({ checks }) => checks.map(({ name }) => [model.name, name] as const)),
    )
    .map(([model, check]) => ({
      model,
      check,
      failures: model === "dim_variant" && check === "not_null_workspace" ? 3 : 0,
      at: AT,
    }))
    .filter(({ model }) => model !== "ops_run");
  return {
    title: "Lifecycle",
    generatedAt: AT,
    bigquery: { ...bigquery, models },
    duckdb,
    sources: [...sourceTablesOf(await readTrees(at)).values()],
    tests,
    freshness: [
      {
        workspace: "main",
        table: "agg_campaign_daily",
        timeZone: "company",
        rows: 4_312,
        newestDate: "2026-06-30",
        daysOpen: 1,
        daysSettling: 14,
        daysClosed: 75,
        lastExtractedAt: AT,
        lastLoadedAt: AT,
      },
    ],
    builds: [{ model: "agg_campaign_daily", rows: 4_312, runId: "main__braze__all__p1", at: AT }],
  };
}

const given = await input();
const page = renderDocs(given);

describe("the page", () => {
  test("holds every model, raw table, column and both texts", () => {
    for (const model of given.bigquery.models) {
      expect(page).toContain(`<article id="${model.name}"`);
      for (const column of model.columns) expect(page).toContain(`<code>${column.name}</code>`);
    }
    for (const { table } of given.sources) expect(page).toContain(`<article id="${table}"`);
    expect(page.split("SQL for BigQuery").length - 1).toBe(given.bigquery.models.length);
    expect(page.split("SQL for DuckDB").length - 1).toBe(given.duckdb.models.length);
  });

  test("reaches for nothing outside itself, and says so to the browser", () => {
    expect(page).not.toMatch(/\s(src|href)="(?!#)/);
    expect(page).not.toMatch(/@import|url\(/);
    expect(page).toMatch(/default-src 'none'; style-src 'sha256-[^']+'; script-src 'sha256-[^']+'"/);
  });

  test("escapes what the project says", () => {
    expect(page).not.toContain(EVIL);
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toContain("<img");
  });
});

describe.skipIf(!CHROMIUM)("the page in a browser", () => {
  let browser: Browser;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "lifecycle-docs-"));
    writeFileSync(join(folder, "models.html"), page);
    mkdirSync(artifacts, { recursive: true });
    browser = await openBrowser();
  });
  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  async function open(width: number, height: number, colorScheme: "light" | "dark") {
    const tab = await browser.newPage({ viewport: { width, height }, colorScheme });
    const complaints: string[] = [];
    tab.on("console", (message) => complaints.push(message.text()));
    tab.on("pageerror", (error) => complaints.push(String(error)));
    await tab.goto(`file://${join(folder, "models.html")}`);
    return { tab, complaints };
  }
  const isSideways = (tab: Page) => tab.evaluate("document.documentElement.scrollWidth > window.innerWidth");

  test.each([
    ["desk", 1_400, 900, "light"],
    ["phone", 390, 844, "dark"],
  ] as const)("fits a %s, runs nothing but its own script", async (name, width, height, scheme) => {
    const { tab, complaints } = await open(width, height, scheme);
    await tab.screenshot({ path: join(artifacts, `models-docs-${name}.png`) });
    expect(await isSideways(tab)).toBe(false);
    await tab.goto(`file://${join(folder, "models.html")}#agg_campaign_daily`);
    await tab.screenshot({ path: join(artifacts, `models-docs-${name}-model.png`) });
    expect(await isSideways(tab)).toBe(false);
    expect(await tab.evaluate("'stolen' in window")).toBe(false);
    expect(complaints).toEqual([]);
    await tab.close();
  });

  test("finds a table by a column, and lights up what it needs", async () => {
    const { tab } = await open(1_400, 900, "light");
    await tab.fill("#search", "machine_opens campaign agg");
    const shown = await tab.$$eval("article:not([hidden])", (all) => all.map(({ id }) => id));
    expect(shown).toContain("agg_campaign_daily");
    expect(shown).not.toContain("dim_variant");
    expect(shown.length).toBeLessThan(10);
    await tab.fill("#search", "");
    await tab.hover('.lineage [data-id="agg_campaign_daily"]');
    const lit = await tab.$$eval(".lineage a.is-lit", (all) =>
      all.map((node) => node.getAttribute("data-id")),
    );
    expect(lit).toEqual(
      expect.arrayContaining(["raw_campaign", "stg_braze__campaign", "agg_campaign_daily", "ops_freshness"]),
    );
    expect(lit).not.toContain("agg_canvas_daily");
    await tab.close();
  });

  test("says which test does not hold, and which was not asked", async () => {
    const { tab } = await open(1_400, 900, "light");
    expect(await tab.textContent("#troubles")).toContain("failed: 3 rows");
    expect(await tab.textContent("#ops_run")).toContain("–");
    expect(await tab.textContent("#agg_campaign_daily")).toContain("1 open, 14 settling, 75 closed");
    await tab.close();
  });

  test("prints with its tables and without what is only for a screen", async () => {
    const { tab } = await open(1_400, 900, "dark");
    await tab.emulateMedia({ media: "print" });
    expect(await tab.isVisible("nav")).toBe(false);
    expect(await tab.isVisible("#search")).toBe(false);
    expect(await tab.isVisible("#agg_campaign_daily table")).toBe(true);
    expect(await tab.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(255, 255, 255)");
    await tab.pdf({ path: join(artifacts, "models-docs.pdf"), format: "A4" });
    await tab.close();
  });
});
