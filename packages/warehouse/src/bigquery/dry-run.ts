import { type BigquerySettings, type Connection, openConnection } from "./client.ts";
import { problemOf } from "./errors.ts";

/**
 * Bytes that BigQuery says each SELECT would read, without running or billing it; undefined for one that reads a table which does not
 * exist yet. Throws what the SQL or the connection is wrong with.
 */
export async function bytesProcessed(
  settings: BigquerySettings,
  statements: readonly string[],
): Promise<(number | undefined)[]> {
  const connection = await openConnection(settings);
  const found: (number | undefined)[] = [];
  for (const query of statements) found.push(await dryRun(connection, query));
  return found;
}

/** Of one SELECT. */
export async function dryRun(connection: Connection, query: string): Promise<number | undefined> {
  const { location } = connection.settings;
  const configuration = { dryRun: true, query: { query, useLegacySql: false } };
  try {
    return await connection.call("dry run", async () => {
      const [job] = await connection.bigquery.createJob({ location, configuration });
      return Number(job.metadata.statistics?.totalBytesProcessed ?? 0);
    });
  } catch (error) {
    if (problemOf((error as Error).cause).reason === "notFound") return undefined;
    throw error;
  }
}
