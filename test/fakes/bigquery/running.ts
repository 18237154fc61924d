import { ApiError } from "../rest/api-error.ts";
import type { JobConfiguration } from "./configuration.ts";
import { decorated } from "./destination.ts";
import { namedTable, statements, verb } from "./script.ts";

/** Of which tables a job changes rows that are there. To append is no change: any number of jobs may, beside whatever else. */
interface Changes {
  tables: ReadonlySet<string>;
  isTransaction: boolean;
}

interface RunningJob extends Changes {
  id: string;
  over: Promise<void>;
}

/**
 * The jobs that run at one time, and what becomes of those that change the same table ("Transaction concurrency" in the documentation of
 * multi-statement transactions): a transaction is cancelled, anything else waits. Whether they meet in the same rows does not matter.
 */
export class Running {
  readonly #jobs = new Set<RunningJob>();

  /** Waits until the job may run. Answers the ids of those beside it, and what to call when it is over. Throws for a transaction in conflict. */
  async enter(
    id: string,
    configuration: JobConfiguration,
  ): Promise<{ beside: readonly string[]; leave: () => void }> {
    const changes = changesOf(configuration);
    for (;;) {
      const other = [...this.#jobs].find(({ tables }) => !tables.isDisjointFrom(changes.tables));
      if (!other) break;
      if (changes.isTransaction) throw cancelled([...other.tables.intersection(changes.tables)][0]!);
      await other.over;
    }
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const job = { id, ...changes, over };
    const beside = [...this.#jobs].map((one) => one.id);
    this.#jobs.add(job);
    const leave = () => {
      this.#jobs.delete(job);
      resolve();
    };
    return { beside, leave };
  }
}

function cancelled(table: string): ApiError {
  const message = `Query error: Transaction is aborted due to concurrent update against table ${table}. Transaction ID: fake`;
  return new ApiError(400, "invalidQuery", message);
}

function changesOf({ query, load, copy }: JobConfiguration): Changes {
  const to = query ?? load ?? copy;
  const destination = to?.destinationTable;
  const script = query && !destination ? statements(query.query) : [];
  const tables = new Set(script.flatMap(changedTable));
  if (destination && to.writeDisposition === "WRITE_TRUNCATE") {
    const { dataset, table } = decorated(destination);
    tables.add(`${dataset}.${table}`);
  }
  return { tables, isTransaction: verb(script[0] ?? "") === "BEGIN" };
}

const CHANGES =
  /^\s*(?:MERGE\s+(?:INTO\s+)?|DELETE\s+(?:FROM\s+)?|UPDATE\s+|TRUNCATE\s+TABLE\s+)((?:`[^`]+`|[\w-]+)(?:\.(?:`[^`]+`|[\w-]+))*)/i;

function changedTable(statement: string): string[] {
  const [, path] = CHANGES.exec(statement) ?? [];
  if (path === undefined) return [];
  const { dataset, table } = namedTable(path);
  return [`${dataset}.${table}`];
}
