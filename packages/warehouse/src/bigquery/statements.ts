import type { JobMetadata } from "@google-cloud/bigquery";
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
  sql: string;
  /** Where the rows of a SELECT go, and how. Absent for DML, which says so itself. */
  destination?: object;
  /** A statement that would bill more fails without charge. */
  maximumBytesBilled?: number | undefined;
}

/** Runs one statement, or one transaction, exactly once. */
export function runStatement(connection: Connection, statement: Statement): Promise<JobMetadata> {
  const { location, labels, jobTimeoutMs } = connection.settings;
  const caps = [statement.maximumBytesBilled, connection.settings.maximumBytesBilled];
  const most = Math.min(...caps.filter((cap) => cap !== undefined));
  return runJob(connection, {
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
            query: statement.sql,
            useLegacySql: false,
            ...statement.destination,
            ...(Number.isFinite(most) ? { maximumBytesBilled: String(most) } : {}),
          },
        },
      }),
  });
}

/** Several statements that happen together or not at all. */
export function transaction(statements: readonly string[]): string {
  return ["BEGIN TRANSACTION", ...statements, "COMMIT TRANSACTION"].map((one) => `${one};`).join("\n");
}

/** What a job was charged for. */
export function bytesBilled(job: JobMetadata): number {
  return Number(job.statistics?.query?.totalBytesBilled ?? 0);
}
