import type { Build, Freshness, TestResult } from "@lifecycle/transform";
import type { QueryTarget } from "@lifecycle/warehouse";
import type { Session } from "../session.ts";
import { knownBuilds } from "./known-builds.ts";

/** What the warehouse knows of the models it holds. */
export interface LastResults {
  tests: TestResult[];
  freshness: Freshness[];
  builds: Build[];
}

const MAX_ROWS = 100_000;
/** A row without failures tells of the table, not of a test. */
const NEWEST_OF_EACH_TEST =
  "WHERE failures IS NOT NULL QUALIFY ROW_NUMBER() OVER (PARTITION BY model_name, check_name ORDER BY checked_at DESC) = 1";

/** Reads the published tables about the fleet itself; what is not there yet is left out. */
export async function lastResults(session: Session, warehouse: QueryTarget): Promise<LastResults> {
  const { dataset } = session.settings.warehouse;
  const rowsOf = async (from: string) => {
    const sql = `SELECT * FROM ${dataset}.${from}`;
    const answer = await warehouse.query(sql, { maxRows: MAX_ROWS }).catch(() => undefined);
    const names = answer?.columns.map(({ name }) => name) ?? [];
    return (answer?.rows ?? []).map((row) => Object.fromEntries(names.map((name, i) => [name, row[i]])));
  };
  const builds = await knownBuilds(session, warehouse);
  return {
    tests: (await rowsOf(`ops_quality_result ${NEWEST_OF_EACH_TEST}`)).map(testOf),
    freshness: (await rowsOf("ops_freshness")).map(freshnessOf),
    builds: builds.map(({ table, rows, builtAt, jobId }) => {
      const runId = jobId === undefined ? undefined : runOf(jobId, table);
      return { model: table, rows, at: builtAt, ...(runId ? { runId } : {}) };
    }),
  };
}

/** `transform__<run id>__<model>__…` */
function runOf(jobId: string, model: string): string | undefined {
  const end = jobId.lastIndexOf(`__${model}`);
  return end < 0 ? undefined : jobId.slice("transform__".length, end);
}

function testOf(row: Record<string, unknown>): TestResult {
  return {
    model: String(row.model_name),
    check: String(row.check_name),
    failures: Number(row.failures),
    at: String(row.checked_at),
  };
}

function freshnessOf(row: Record<string, unknown>): Freshness {
  const text = (name: string) => (row[name] === null || row[name] === undefined ? null : String(row[name]));
  const number = (name: string) => Number(row[name] ?? 0);
  return {
    workspace: String(row.workspace),
    table: String(row.table_name),
    timeZone: String(row.time_zone),
    rows: number("row_count"),
    newestDate: text("newest_date"),
    daysOpen: number("days_open"),
    daysSettling: number("days_settling"),
    daysClosed: number("days_closed"),
    lastExtractedAt: text("last_extracted_at"),
    lastLoadedAt: text("last_loaded_at"),
  };
}
