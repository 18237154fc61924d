import { errorCode, errorMessage } from "@lifecycle/contracts";
import { datasetsOf } from "../warehouse.ts";
import { type BigquerySettings, type Connection, openConnection, orUndefined } from "./client.ts";
import { dryRun } from "./dry-run.ts";
import { problemOf } from "./errors.ts";
import { refuseElsewhere } from "./schema.ts";
import { qualified } from "./sql.ts";

/** What was found of one thing, and how to mend it where it is not well. */
export interface BigqueryFinding {
  ok: boolean;
  detail: string;
}

/** Asks BigQuery what a worker will need of it, changing nothing and at no charge. Never throws. */
export async function checkBigquery(settings: BigquerySettings): Promise<BigqueryFinding[]> {
  const connection = await openConnection(settings);
  const jobs = await asked(
    "a query would run",
    "give this identity roles/bigquery.jobUser on the project",
    () => dryRun(connection, "SELECT 1 AS one"),
  );
  if (!jobs.ok) return [jobs];
  const { raw, build, published } = datasetsOf(settings.dataset ?? "lifecycle");
  const found = [jobs];
  for (const dataset of [raw, build, published]) found.push(await checkDataset(connection, dataset));
  return found;
}

async function checkDataset(connection: Connection, dataset: string): Promise<BigqueryFinding> {
  const { location } = connection.settings;
  const handle = connection.bigquery.dataset(dataset, { location });
  const right = `give this identity roles/bigquery.dataEditor on the dataset ${dataset}`;
  return asked(`dataset ${dataset}`, right, async () => {
    const metadata = await orUndefined(
      connection.call(`look up dataset ${dataset}`, () => handle.getMetadata()),
    );
    if (!metadata)
      return `not there yet: the worker makes it, which takes roles/bigquery.user on the project`;
    refuseElsewhere(connection, dataset, metadata[0] as { location?: string });
    const [tables] = await connection.call(`list ${dataset}`, () => handle.getTables({ maxResults: 1 }));
    const table = tables[0]?.id;
    if (table === undefined) return "empty";
    const bytes = await dryRun(connection, `SELECT * FROM ${qualified(dataset, table)}`);
    return `readable (${table}: ${bytes?.toLocaleString("en-US")} bytes)`;
  });
}

async function asked(
  what: string,
  right: string,
  ask: () => Promise<string | number | undefined>,
): Promise<BigqueryFinding> {
  try {
    const answer = await ask();
    return { ok: true, detail: typeof answer === "string" ? `${what} ${answer}` : what };
  } catch (error) {
    if (errorCode(error) !== "warehouse.access_denied") return { ok: false, detail: headed(what, error) };
    const said = problemOf((error as Error).cause ?? error).message;
    return { ok: false, detail: `${what}: ${said}: ${right} (deploy/README.md)` };
  }
}

function headed(what: string, error: unknown): string {
  const message = errorMessage(error);
  return message.startsWith(`${what}: `) ? message : `${what}: ${message}`;
}
