import type { JobMetadata } from "@google-cloud/bigquery";
import type { Allowance } from "../warehouse.ts";
import { expectedBytes, smallestCap, withinAllowance } from "./allowance.ts";
import type { Connection } from "./client.ts";
import { jobLabels } from "./ids.ts";
import { runJob } from "./jobs.ts";

const HOUR_MS = 3_600_000;

export interface Statement {
  /** Made from meaning: the same id is the same work, done once. */
  id: string;
  doing: string;
  /** `build`, `publish`, `load`: a label of the job. */
  kind: string;
  table: string;
  /** Several happen together or not at all. */
  sql: string | readonly string[];
  /** Where the rows of a SELECT go, and how. Absent for DML, which says so itself. */
  destination?: object;
  /** A statement that would bill more fails without charge. */
  maximumBytesBilled?: number | undefined;
  allowance?: Allowance | undefined;
}

/** Runs one statement, or one transaction, exactly once. */
export function runStatement(connection: Connection, statement: Statement): Promise<JobMetadata> {
  const { location, labels, jobTimeoutMs, maximumBytesBilled } = connection.settings;
  const { sql } = statement;
  const work = (most: number | undefined) =>
    runJob(connection, {
      id: statement.id,
      doing: statement.doing,
      submit: (jobId) =>
        connection.bigquery.createJob({
          jobId,
          location,
          configuration: {
            labels: jobLabels(labels, statement.kind, statement.table),
            jobTimeoutMs: String(jobTimeoutMs ?? HOUR_MS),
            query: {
              query: typeof sql === "string" ? sql : transaction(sql),
              useLegacySql: false,
              ...statement.destination,
              ...smallestCap(statement.maximumBytesBilled, maximumBytesBilled, most),
            },
          },
        }),
    });
  const expected = () => expectedBytes(connection, typeof sql === "string" ? [sql] : sql);
  return withinAllowance(statement.allowance, expected, work, bytesBilled);
}

function transaction(statements: readonly string[]): string {
  return ["BEGIN TRANSACTION", ...statements, "COMMIT TRANSACTION"].map((one) => `${one};`).join("\n");
}

/** What a job was charged for. */
export function bytesBilled(job: JobMetadata): number {
  return Number(job.statistics?.query?.totalBytesBilled ?? 0);
}
