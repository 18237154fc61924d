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
  return (await dryRunOf(connection, query))?.bytes;
}

/** What else decides what a query means. */
export interface QueryConfiguration {
  defaultDataset?: { projectId: string; datasetId: string };
}

/** Bytes that one statement would read, and of how many tables; undefined where one of them does not exist yet. */
export async function dryRunOf(
  connection: Connection,
  query: string,
  more: QueryConfiguration = {},
): Promise<{ bytes: number; tables: number } | undefined> {
  const { location } = connection.settings;
  const configuration = { dryRun: true, query: { query, useLegacySql: false, ...more } };
  try {
    return await connection.call("dry run", async () => {
      const [job] = await connection.bigquery.createJob({ location, configuration });
      const { totalBytesProcessed = 0, query: told } = job.metadata.statistics ?? {};
      return { bytes: Number(totalBytesProcessed), tables: told?.referencedTables?.length ?? 0 };
    });
  } catch (error) {
    if (problemOf((error as Error).cause).reason === "notFound") return undefined;
    throw error;
  }
}
