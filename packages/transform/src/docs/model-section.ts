import type { SourceTable } from "../check/source-tables.ts";
import type { CompiledColumn, CompiledModel } from "../compiled.ts";
import type { Build, Freshness } from "./docs-input.ts";
import { type Html, html } from "./html.ts";
import type { ShownTest } from "./tests-of-model.ts";

/** What the page knows of one model beside its text. */
export interface ModelFacts {
  bigquery: CompiledModel;
  duckdb: CompiledModel | undefined;
  neededBy: readonly string[];
  tests: ReadonlyMap<string, readonly ShownTest[]>;
  freshness: readonly Freshness[];
  build: Build | undefined;
}

export function modelSection(facts: ModelFacts): Html {
  const { bigquery: model, duckdb, neededBy, tests, freshness, build } = facts;
  const words = [model.name, model.description, ...model.tags, ...model.columns.map(({ name }) => name)];
  return html`<article id="${model.name}" data-search="${words.join(" ").toLowerCase()}">
<h3><a href="#${model.name}">${model.name}</a> ${badges(model)}</h3>
${model.description === null ? html`<p class="quiet">No description.</p>` : html`<p>${model.description}</p>`}
<dl>
${fact("File", html`<code>${model.file}</code>`)}
${fact("Owner", ownerOf(model))}
${fact("Partition", model.partitionBy)}
${fact("Cluster", model.clusterBy.length > 0 && model.clusterBy.join(", "))}
${fact("Needs", links([...model.sources, ...model.dependsOn]))}
${fact("Needed by", links(neededBy))}
${fact("Last built", build && html`${when(build.at)}: ${count(build.rows, "row")}${build.runId !== undefined && html`, by <code>${build.runId}</code>`}`)}
${freshness.map((each) => fact("Freshness", freshnessText(each)))}
${fact("Tests of the table", tests.has("") && html`<ul class="tests">${tests.get("")!.map((test) => html`<li>${testMark(test)}</li>`)}</ul>`)}
</dl>
${columnTable(model.columns, tests)}
${sql("BigQuery", model.sql)}
${duckdb && sql("DuckDB", duckdb.sql)}
</article>`;
}

/** A raw table: what loads write. */
export function sourceSection(source: SourceTable, neededBy: readonly string[]): Html {
  const words = [source.table, source.description, ...source.columns.map(({ name }) => name)];
  return html`<article id="${source.table}" data-search="${words.join(" ").toLowerCase()}">
<h3><a href="#${source.table}">${source.table}</a> <span class="badge raw">raw</span></h3>
${source.description === null ? html`<p class="quiet">No description.</p>` : html`<p>${source.description}</p>`}
<dl>${fact("Needed by", links(neededBy))}</dl>
${columnTable(source.columns, new Map())}
</article>`;
}

/** `1 row`, `12,345 rows`. */
export function count(number: number, noun: string): string {
  return `${number.toLocaleString("en-US")} ${noun}${number === 1 ? "" : "s"}`;
}

/** An instant to the minute, UTC. */
export function when(instant: string | null): string {
  if (instant === null) return "never";
  const time = new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(instant) ? instant : `${instant.replace(" ", "T")}Z`);
  return Number.isNaN(time.getTime()) ? instant : `${time.toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

export function freshnessText(each: Freshness): string {
  const days = [
    [each.daysOpen, "open"],
    [each.daysSettling, "settling"],
    [each.daysClosed, "closed"],
  ].map(([number, word]) => `${number} ${word}`);
  const reaches =
    each.newestDate === null
      ? ""
      : `up to ${each.newestDate} (${each.timeZone === "UTC" ? "UTC" : `${each.timeZone} time zone`}); days: ${days.join(", ")}; `;
  return `${each.workspace}: ${reaches}${count(each.rows, "row")}; read ${when(each.lastExtractedAt)}, loaded ${when(each.lastLoadedAt)}`;
}

const words = { passed: "passed", failed: "failed", warned: "warning", unknown: "not asked yet" } as const;

/** Told by a sign and words, not by colour alone. */
export function testMark(test: ShownTest): Html {
  const detail =
    test.failures > 0 ? `${words[test.state]}: ${count(test.failures, "row")}` : words[test.state];
  const at = test.at === null ? "" : `, ${when(test.at)}`;
  return html`<span class="test ${test.state}" title="${detail}${at}, severity ${test.severity}">${test.label}<span class="said"> ${test.state === "passed" ? "✓" : test.state === "unknown" ? "–" : `✗ ${detail}`}</span></span>`;
}

function badges(model: CompiledModel): Html {
  return html`<span class="badge">${model.materialized}</span>${model.published && html` <span class="badge published">published</span>`}${model.tags.map((tag) => html` <span class="badge tag">${tag}</span>`)}`;
}

function ownerOf({ meta }: CompiledModel): string | undefined {
  return typeof meta.owner === "string" ? meta.owner : undefined;
}

function fact(name: string, value: Html | string | null | undefined | false): Html | undefined {
  if (value === null || value === undefined || value === false) return undefined;
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

function links(names: readonly string[]): Html | undefined {
  if (names.length === 0) return undefined;
  return html`${names.map((name, i) => html`${i > 0 && ", "}<a href="#${name}">${name}</a>`)}`;
}

function columnTable(
  columns: readonly Pick<CompiledColumn, "name" | "type" | "description">[],
  tests: ReadonlyMap<string, readonly ShownTest[]>,
): Html | undefined {
  if (columns.length === 0) return undefined;
  return html`<div class="wide"><table>
<thead><tr><th>Column</th><th>Type</th><th>Description</th><th>Tests</th></tr></thead>
<tbody>${columns.map(
    ({ name, type, description }) =>
      html`<tr><td><code>${name}</code></td><td>${type}</td><td>${description}</td><td>${(tests.get(name) ?? []).map((test) => html`${testMark(test)} `)}</td></tr>`,
  )}</tbody></table></div>`;
}

function sql(engine: string, text: string): Html {
  return html`<details class="sql"><summary>SQL for ${engine}</summary><pre tabindex="0"><code>${text}</code></pre></details>`;
}
