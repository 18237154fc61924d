import { createHash } from "node:crypto";
import type { DocsInput, Freshness } from "./docs-input.ts";
import { type Html, html, Html as Raw } from "./html.ts";
import { type LineageNode, lineageSvg } from "./lineage-svg.ts";
import { count, freshnessText, modelSection, sourceSection, testMark, when } from "./model-section.ts";
import { pageScript } from "./page-script.ts";
import { pageStyle } from "./page-style.ts";
import { type ShownTest, testsOfModel } from "./tests-of-model.ts";

/** Parts of the page, in the order in which data flows through them. */
const LAYERS = [
  ["raw", "Raw tables"],
  ["stg", "Staging"],
  ["int", "Intermediate"],
  ["dim", "Dimensions"],
  ["fct", "Facts"],
  ["agg", "Aggregates"],
  ["exp", "Experiments"],
  ["ops", "Operations"],
  ["own", "Others"],
] as const;

/**
 * One HTML page without anything outside it: lineage, every table with its columns, tests, freshness and SQL for both engines.
 * Nothing in it runs but its own script, which a content security policy names by its hash; every text from the project is escaped.
 */
export function renderDocs(input: DocsInput): string {
  const { bigquery, title } = input;
  const tests = new Map(bigquery.models.map((model) => [model.name, testsOfModel(model, input.tests)]));
  const all = [...tests.values()].flatMap((columns) => [...columns.values()].flat());
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src '${hashOf(pageStyle)}'; script-src '${hashOf(pageScript)}'">
<title>${title}: models</title>
<style>${new Raw(pageStyle)}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<label class="search"><span>Search tables, columns, tags</span><input type="search" id="search" placeholder="Search tables, columns, tags" autocomplete="off" spellcheck="false"></label>
<p id="found" role="status"></p>
</header>
<div class="page">
<nav aria-label="Tables"><details id="index" open><summary>Tables</summary>${index(input)}</details></nav>
<main>
${overview(input, all)}
${troubles(tests)}
<section id="lineage"><h2>Lineage</h2>
<p class="quiet">Data flows from left to right; a bold frame is published. Rest on a table, or touch it, to see what it needs and what needs it; it leads to its description.</p>
<div class="canvas" tabindex="0">${lineageSvg(lineage(input))}</div></section>
${freshness(input.freshness)}
${sections(input, tests)}
</main>
</div>
<script>${new Raw(pageScript)}</script>
</body>
</html>
`.toString();
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}

function layerOf(name: string): string {
  const prefix = name.split("_", 1)[0]!;
  return LAYERS.some(([layer]) => layer === prefix) ? prefix : "own";
}

/** Raw tables that some model reads, described or not, in order of name. */
function readSources(input: DocsInput) {
  const described = new Map(input.sources.map((source) => [source.table, source]));
  const read = new Set(input.bigquery.models.flatMap((model) => model.sources));
  return [...new Set([...described.keys(), ...read])]
    .toSorted()
    .map((table) => described.get(table) ?? { table, description: null, columns: [] });
}

function lineage(input: DocsInput): LineageNode[] {
  const { models } = input.bigquery;
  const read = new Set(models.flatMap((model) => model.sources));
  const raw = readSources(input)
    .filter(({ table }) => read.has(table))
    .map(({ table, description }) => ({
      id: table,
      kind: "raw",
      title: [table, description].filter(Boolean).join("\n"),
      isPublished: false,
      dependsOn: [],
    }));
  const built = models.map((model) => ({
    id: model.name,
    kind: layerOf(model.name),
    title: [model.name, model.description].filter(Boolean).join("\n"),
    isPublished: model.published,
    dependsOn: [...model.sources, ...model.dependsOn],
  }));
  return [...raw, ...built];
}

function index(input: DocsInput): Html {
  const names = [
    ...readSources(input).map(({ table }) => table),
    ...input.bigquery.models.map((m) => m.name),
  ];
  const groups = LAYERS.map(([layer, label]) => ({
    label,
    names: names.filter((name) => layerOf(name) === layer).toSorted(),
  }));
  return html`${groups
    .filter((group) => group.names.length > 0)
    .toReversed()
    .map(
      ({ label, names: own }) =>
        html`<h4>${label}</h4><ul>${own.map((name) => html`<li data-for="${name}"><a href="#${name}">${name}</a></li>`)}</ul>`,
    )}`;
}

function overview(input: DocsInput, tests: readonly ShownTest[]): Html {
  const { models, dataset } = input.bigquery;
  const of = (state: ShownTest["state"]) => tests.filter((test) => test.state === state).length;
  const figures: [number, string, string][] = [
    [models.length, "models", ""],
    [models.filter((model) => model.published).length, "published", ""],
    [of("passed"), "tests passed", "passed"],
    [of("failed"), "tests failed", of("failed") > 0 ? "failed" : ""],
    [of("warned"), "warnings", of("warned") > 0 ? "warned" : ""],
    [of("unknown"), "not asked yet", ""],
  ];
  return html`<section id="overview"><p class="quiet">Dataset <code>${dataset}</code>, as of ${when(input.generatedAt)}.</p>
<ul class="figures">${figures.map(([figure, label, kind]) => html`<li class="${kind}"><strong>${figure}</strong> ${label}</li>`)}</ul></section>`;
}

/** What does not hold, before anything else. */
function troubles(tests: ReadonlyMap<string, ReadonlyMap<string, readonly ShownTest[]>>): Html | undefined {
  const bad = [...tests].flatMap(([model, columns]) =>
    [...columns].flatMap(([column, own]) =>
      own
        .filter(({ state }) => state === "failed" || state === "warned")
        .map((test) => ({ model, column, test })),
    ),
  );
  if (bad.length === 0) return undefined;
  return html`<section id="troubles"><h2>Tests that do not hold</h2><ul>${bad.map(
    ({ model, column, test }) =>
      html`<li><a href="#${model}">${model}</a>${column !== "" && html`.<code>${column}</code>`}: ${testMark(test)}</li>`,
  )}</ul></section>`;
}

function freshness(rows: readonly Freshness[]): Html {
  return html`<section id="freshness"><h2>Freshness</h2>
${
  rows.length === 0
    ? html`<p class="quiet">Not known: nothing has been published yet, or the warehouse could not be asked.</p>`
    : html`<ul>${rows.map((each) => html`<li><a href="#${each.table}">${each.table}</a>: ${freshnessText(each)}</li>`)}</ul>`
}</section>`;
}

function sections(
  input: DocsInput,
  tests: ReadonlyMap<string, ReadonlyMap<string, readonly ShownTest[]>>,
): Html {
  const { models } = input.bigquery;
  const other = new Map(input.duckdb.models.map((model) => [model.name, model]));
  const builds = new Map(input.builds.map((build) => [build.model, build]));
  const neededBy = (name: string) =>
    models
      .filter((model) => model.dependsOn.includes(name) || model.sources.includes(name))
      .map((model) => model.name);
  const ofLayer = (layer: string): Html[] =>
    layer === "raw"
      ? readSources(input).map((source) => sourceSection(source, neededBy(source.table)))
      : models
          .filter((model) => layerOf(model.name) === layer)
          .toSorted((a, b) => (a.name < b.name ? -1 : 1))
          .map((model) =>
            modelSection({
              bigquery: model,
              duckdb: other.get(model.name),
              neededBy: neededBy(model.name),
              tests: tests.get(model.name)!,
              freshness: input.freshness.filter(({ table }) => table === model.name),
              build: builds.get(model.name),
            }),
          );
  return html`${LAYERS.toReversed().map(([layer, label]) => {
    const articles = ofLayer(layer);
    return (
      articles.length > 0 &&
      html`<section class="layer"><h2>${label} <small>${count(articles.length, "table")}</small></h2>${articles}</section>`
    );
  })}`;
}
