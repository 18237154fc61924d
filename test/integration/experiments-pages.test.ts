import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import type { ExperimentOverride } from "@lifecycle/contracts";
import {
  evaluateExperiments,
  formatCount,
  formatEffect,
  formatP,
  formatValue,
  listExperiments,
  loadReportPages,
  readPublished,
  readPublishedDaily,
} from "@lifecycle/experiments";
import { adClicks } from "@lifecycle/simulation";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CHROMIUM, openBrowser } from "../fixtures/browser.ts";
import { BuiltModels, run } from "./experiments-support/built-models.ts";
import { definitionsFor, filePipeline, loadFile } from "./experiments-support/file-pipeline.ts";

const ARTIFACTS = path.resolve(import.meta.dirname, "../../test-artifacts");
const ID = "main__file__ad-clicks";
const HOSTILE = `<img src=x onerror="document.title='broken in'"> & "quotes"`;

let models: BuiltModels;
let browser: Browser | undefined;
const pipeline = filePipeline("ad-clicks");
const reviewed = definitionsFor(pipeline);
/** Looked at after each fifth of a plan: the file grows, and at 21 % and 43 % a look is due. Clicks of two days are still to come. */
const planned: ExperimentOverride = {
  maturity_days: 2,
  ended: false,
  planned_units: 24_000,
  looks: { kind: "group_sequential", spending: "obf" },
};
const definitions = {
  ...reviewed,
  experiments: { [ID]: { ...reviewed.experiments[ID], ...planned, name: HOSTILE } },
};

/** One run over the file as it is when so many users are in it. */
async function judge(pass: number, users: number): Promise<void> {
  const uri = path.join(models.folder, `clicks-${pass}.csv`);
  const rows = [...adClicks({ seed: 2, users })];
  await writeFile(
    uri,
    [Object.keys(rows[0]!), ...rows.map((row) => Object.values(row))].map(String).join("\n"),
  );
  await loadFile(models, pipeline, pass, uri);
  await models.build();
  const evaluation = await evaluateExperiments({
    warehouse: models.warehouse,
    experimentIds: await listExperiments(models.warehouse),
    definitions,
  });
  const of = run(pass, "all", "ad-clicks");
  await models.load("raw_experiment_result", of, evaluation.results.map(asRow));
  await models.load("raw_experiment_health", of, evaluation.health.map(asRow));
  await models.load("raw_experiment_verdict", of, evaluation.newVerdicts.map(asRow));
  await models.load("raw_experiment_daily", of, evaluation.newDaily.map(asRow));
}

/** Judged, published and written as runs would. */
beforeAll(async () => {
  models = await BuiltModels.open();
  await judge(1, 6_000);
  await judge(2, 12_000);
  await models.build();
  for (const table of ["exp_result", "exp_result_daily", "exp_health", "exp_verdict_history"])
    await models.warehouse.publish(table, `publish__${table}`);
  const reportPages = await loadReportPages();
  for await (const { file, content } of reportPages(models.warehouse, definitions))
    await writeFile(path.join(models.folder, file), content);
  if (CHROMIUM) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await models?.close();
});

const asRow = (row: object): Record<string, unknown> => ({ ...row });

interface Seen {
  page: Page;
  asked: string[];
}

async function open(file: string, width: number, colorScheme: "light" | "dark" = "light"): Promise<Seen> {
  const page = await browser!.newPage({ viewport: { width, height: 900 }, colorScheme });
  const asked: string[] = [];
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(pathToFileURL(path.join(models.folder, file)).href);
  return { page, asked };
}

describe.skipIf(!CHROMIUM)("pages about experiments, in a browser (skipped without Chromium)", () => {
  it("show the numbers of exp_result, and ask for nothing but themselves", async () => {
    const { results, verdicts } = await readPublished(models.warehouse, ID);
    const treatment = results.find((row) => row.arm_id === "treatment" && row.segment === "all")!;
    await mkdir(ARTIFACTS, { recursive: true });
    const { page, asked } = await open(`${ID}.html`, 1200);
    const text = await page.innerText("main");
    const numbers = [
      formatValue(treatment.value, "proportion"),
      formatEffect(treatment.effect, "proportion"),
      formatEffect(treatment.effect_low, "proportion"),
      formatEffect(treatment.decision_high, "proportion"),
      formatP(treatment.p_value, treatment.logp),
    ];
    for (const number of numbers) expect(text).toContain(number);
    expect(text).toContain(verdicts.find(({ is_newest }) => is_newest)!.explanation);
    expect(asked).toHaveLength(1);
    await page.screenshot({ path: path.join(ARTIFACTS, "experiment-page.png"), fullPage: true });
    await page.close();

    const portfolio = await open("index.html", 1200);
    expect(await portfolio.page.innerText("main")).toContain(formatEffect(treatment.effect, "proportion"));
    expect(portfolio.asked).toHaveLength(1);
    await portfolio.page.screenshot({
      path: path.join(ARTIFACTS, "experiments-portfolio.png"),
      fullPage: true,
    });
    await portfolio.page.click("tbody a");
    await portfolio.page.waitForURL((url) => decodeURIComponent(url.href).includes(`${ID}.html`));
    await portfolio.page.close();
  });

  it("show every look as exp_verdict_history has it, and those to come with what is planned", async () => {
    const { verdicts } = await readPublished(models.warehouse, ID);
    expect(verdicts.map(({ look, looks_planned }) => [look, looks_planned])).toEqual([
      [1, 5],
      [2, 5],
    ]);
    const { page } = await open(`${ID}.html`, 1200);
    const rows = await page.getByRole("table", { name: "Looks at treatment" }).locator("tbody tr").all();
    const cells = await Promise.all(rows.map((row) => row.locator("th, td").allInnerTexts()));
    const points = (value: number | null) => formatEffect(value, "proportion");
    const asShown = verdicts.map((row) => [
      String(row.look),
      row.evaluated_at.slice(0, 10),
      row.last_date,
      formatCount(Number(row.units)),
      `${(100 * row.information!).toFixed(0)} %`,
      points(row.effect),
      `${points(row.decision_low)} to ${points(row.decision_high)}`,
      `±${points(row.decision_boundary).slice(1)}`,
      row.decision === "ship" ? "Ship it" : "Keep running",
    ]);
    expect(cells.slice(0, 2)).toEqual(asShown);
    const toCome = cells.slice(2).map((row) => [row[0], row[3], row[4], row.at(-1)]);
    expect(toCome).toEqual([
      ["3", "14,400", "60 %", "to come"],
      ["4", "19,200", "80 %", "to come"],
      ["5", "24,000", "100 %", "to come"],
    ]);
    const picture = page.getByRole("img", { name: "Looks at treatment" });
    expect(await picture.count()).toBe(1);
    const described = await picture.locator("desc").textContent();
    for (const row of verdicts) expect(described).toContain(points(row.effect));
    expect(described).toContain("look 5 is to come at 100 % of the plan");
    await page.close();
  });

  it("show the effect of each day as exp_result_daily has it, beside that of all, and say what it is not", async () => {
    const daily = await readPublishedDaily(models.warehouse, [ID]);
    const own = daily.filter(({ arm_id }) => arm_id === "treatment");
    const waiting = own.filter(({ reason }) => reason === "maturing");
    expect(own).toHaveLength(14);
    expect(waiting).toHaveLength(2);
    const { results } = await readPublished(models.warehouse, ID);
    const whole = results.find((row) => row.arm_id === "treatment" && row.segment === "all")!;
    expect(own.reduce((sum, { n }) => sum + Number(n), 0)).toBe(Number(whole.n));
    const { page } = await open(`${ID}.html`, 1200);
    const table = page.getByRole("table", { name: "treatment by day" });
    const rows = await table.locator("tbody tr").all();
    const cells = await Promise.all(rows.map((row) => row.locator("th, td").allInnerTexts()));
    const points = (value: number | null) => formatEffect(value, "proportion");
    const rate = (value: number | null) => formatValue(value, "proportion");
    expect(cells).toEqual(
      own.map((row) => [
        row.activity_date,
        points(row.effect),
        row.effect === null
          ? `maturing: ${row.units_maturing} can still convert`
          : `${points(row.effect_low)} to ${points(row.effect_high)}`,
        formatCount(Number(row.n)),
        rate(row.value),
        formatCount(Number(row.control_n)),
        rate(row.control_value),
      ]),
    );
    const picture = page.getByRole("img", { name: "Effect of treatment by day" });
    expect(await picture.count()).toBe(1);
    const described = await picture.locator("desc").textContent();
    expect(described).toContain(`12 days from ${own[0]!.activity_date} to ${own[11]!.activity_date}`);
    expect(described).toContain(`over all ${points(whole.effect)}`);
    expect(await page.innerText("main")).toContain("For reading, never for deciding");
    // The course up to each day is that of the same people.
    const course = page.getByRole("table", { name: "treatment, the last 12 days" }).locator("tbody tr");
    expect(await course.last().locator("th, td").nth(1).innerText()).toBe(
      formatCount(Number(whole.n) + Number(whole.control_n)),
    );
    await page.close();
  });

  it("have pictures with a name and a description, and tables with headers", async () => {
    const { page } = await open(`${ID}.html`, 1200);
    const pictures = await page.getByRole("img").all();
    expect(pictures.length).toBeGreaterThanOrEqual(5);
    const named = await page.getByRole("img", { name: "Effects with their intervals" }).count();
    expect(named).toBe(1);
    expect(await page.locator("svg[role=img]:not(:has(> desc))").count()).toBe(0);
    const ids = await page.locator("[id]").evaluateAll((found) => found.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    const levels = await page
      .locator("h1, h2, h3")
      .evaluateAll((found) => found.map(({ tagName }) => tagName));
    expect(levels.slice(0, 3)).toEqual(["H1", "H2", "H3"]);
    expect(await page.locator("table:not(:has(caption))").count()).toBe(0);
    expect(await page.locator("table:not(:has(thead th[scope=col]))").count()).toBe(0);
    await page.close();
  });

  it("fit a phone, and follow the dark", async () => {
    for (const file of ["index.html", `${ID}.html`]) {
      const { page } = await open(file, 390, "dark");
      const wide = await page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth",
      );
      expect(wide, file).toBe(false);
      for (const picture of await page.getByRole("img").all()) {
        const box = (await picture.boundingBox())!;
        expect(box.x + box.width, file).toBeLessThanOrEqual(390);
        expect(
          box.width / Number(await picture.getAttribute("width")),
          "letters keep their size",
        ).toBeGreaterThan(0.95);
      }
      expect(await page.evaluate("getComputedStyle(document.body).backgroundColor")).toBe("rgb(15, 19, 24)");
      await page.close();
    }
  });

  it("let no name run", async () => {
    const { page } = await open(`${ID}.html`, 1200);
    expect(await page.title()).toContain(HOSTILE);
    expect(await page.innerText("h1")).toBe(HOSTILE);
    expect(await page.locator("img").count()).toBe(0);
    await page.close();
  });
});
