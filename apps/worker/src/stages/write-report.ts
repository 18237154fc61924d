import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type Definitions, loadReportPages, type PublishedReader } from "@lifecycle/experiments";
import { type Ask, inShortLived, replaceFile } from "@lifecycle/runtime";
import type { QueryOptions, QueryResult } from "@lifecycle/warehouse";

/** What the process that writes the pages is given. */
export interface ReportTask {
  folder: string;
  datasets: PublishedReader["datasets"];
  definitions: Definitions;
}

interface Question {
  sql: string;
  options: Pick<QueryOptions, "maxRows">;
}

const TIMEOUT_MS = 300_000;

/**
 * One page per experiment and one about all of them, from what is published; a page whose experiment is no more goes. They are drawn in
 * a process of its own, which asks this one for the rows: the chart library and its pictures take 100 MB and more.
 * Throws `FatalError report.pages_died | _failed`, `RetryableError report.pages_timeout | _not_started`.
 */
export async function writeReport(
  warehouse: PublishedReader,
  definitions: Definitions,
  folder: string,
): Promise<void> {
  const { published, build } = warehouse.datasets;
  const task: ReportTask = { folder, datasets: { published, build }, definitions };
  const answer = ({ sql, options }: Question) => warehouse.query(sql, options);
  await inShortLived(new URL(import.meta.url), task, { code: "report.pages", timeoutMs: TIMEOUT_MS, answer });
}

/** What that process does. */
export async function perform({ folder, datasets, definitions }: ReportTask, ask: Ask): Promise<void> {
  const query = (sql: string, { maxRows }: QueryOptions = {}): Promise<QueryResult> =>
    ask({
      sql,
      options: maxRows === undefined ? {} : { maxRows },
    } satisfies Question) as Promise<QueryResult>;
  const reportPages = await loadReportPages();
  const written = new Set<string>();
  for await (const { file, content } of reportPages({ datasets, query }, definitions)) {
    await replaceFile(join(folder, file), content);
    written.add(file);
  }
  for (const file of await readdir(folder))
    if (file.endsWith(".html") && !written.has(file)) await rm(join(folder, file), { force: true });
}
