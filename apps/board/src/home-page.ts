import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { BOARD_PATH } from "./bull-board.ts";
import type { RunSummary } from "./run-history.ts";

const LATEST = 20;
/** The page about every A/B test, below the output folder. */
const REPORT = "experiments/index.html";

/** The files a person may want from the output folder, as paths below it. */
export async function listOutput(folder: string): Promise<string[]> {
  const names = async (sub: string) => {
    try {
      const entries = await readdir(join(folder, sub), { withFileTypes: true });
      return entries.filter((entry) => entry.isFile() && !entry.name.startsWith(".")).map(({ name }) => name);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
      throw error;
    }
  };
  const tables = (await names("tables")).map((name) => `tables/${name}`);
  // One page links all the others of its folder.
  const report = (await names("experiments")).includes("index.html") ? [REPORT] : [];
  return [...report, ...[...(await names("")), ...tables].sort()];
}

/** The first page: where to look for what, and how the latest runs went. */
export function homePage(facts: {
  environment: string;
  files: readonly string[];
  runs: readonly RunSummary[];
}): string {
  const file = (path: string) => `<li><a href="/output/${encodeURI(path)}">${escapeHtml(path)}</a></li>`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Lifecycle</title>
<style>${STYLE}</style></head>
<body>
<h1>Lifecycle <small>${escapeHtml(facts.environment)}</small></h1>
<nav>${facts.files.includes(REPORT) ? `<a href="/output/${REPORT}">A/B tests</a> ` : ""}<a href="${BOARD_PATH}">Queues</a> <a href="/api/runs">Runs</a> <a href="/readyz">Health</a> <a href="/metrics">Metrics</a></nav>
<h2>Latest runs</h2>
${runTable(facts.runs.slice(0, LATEST))}
<h2>Published files</h2>
${facts.files.length > 0 ? `<ul>${facts.files.map(file).join("")}</ul>` : "<p>Nothing is published yet.</p>"}
</body>
</html>
`;
}

function runTable(runs: readonly RunSummary[]): string {
  if (runs.length === 0) return "<p>No run was asked for yet.</p>";
  const rows = runs.map((run) => {
    const cells = [run.status, run.run_id, run.trigger, run.requested_at, run.settled_at ?? ""];
    const link = `<a href="/api/runs/${encodeURIComponent(run.run_id)}">${escapeHtml(run.run_id)}</a>`;
    return `<tr>${cells.map((cell, i) => `<td>${i === 1 ? link : escapeHtml(cell)}</td>`).join("")}</tr>`;
  });
  const head = ["Status", "Run", "Asked by", "Asked at (UTC)", "Settled at (UTC)"];
  return `<table><tr>${head.map((name) => `<th>${name}</th>`).join("")}</tr>${rows.join("")}</table>`;
}

export function escapeHtml(text: string): string {
  const entities: Record<string, string> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, (char) => entities[char]!);
}

const STYLE = `body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1f2937}
nav a{margin-right:1rem}small{color:#6b7280;font-weight:normal}table{border-collapse:collapse;font-size:14px}
td,th{text-align:left;padding:.25rem .75rem .25rem 0;border-bottom:1px solid #e5e7eb}`;
