import { FatalError } from "@lifecycle/contracts";
import type { Allowance } from "../warehouse.ts";
import type { Connection } from "./client.ts";
import { dryRunOf, type QueryConfiguration } from "./dry-run.ts";

const MEGABYTE = 1_048_576;
/** What BigQuery bills at least for each table that a query reads. */
const LEAST_PER_TABLE = 10 * MEGABYTE;
/** A raw table may grow between the dry run and the job. */
const MARGIN = 1.1;

/**
 * Does the work of one job within what a run may still be billed: `most` is what it may bill, undefined where there is no allowance. A job
 * that fails is taken to have billed nothing.
 */
export async function withinAllowance<T>(
  allowance: Allowance | undefined,
  expected: () => Promise<number | undefined>,
  work: (most: number | undefined) => Promise<T>,
  billed: (done: T) => number,
): Promise<T> {
  if (!allowance) return work(undefined);
  const hold = await allowance.hold(await expected());
  let charge = 0;
  try {
    const done = await work(hold.bytes);
    charge = billed(done);
    return done;
  } finally {
    hold.settle(charge);
  }
}

/** What BigQuery may bill for a job of these statements, by dry runs, which are free; undefined where only running them tells, or what is wrong with them. */
export async function expectedBytes(
  connection: Connection,
  statements: readonly string[],
  configuration: QueryConfiguration = {},
): Promise<number | undefined> {
  let sum = 0;
  for (const statement of statements) {
    const told = await dryRunOf(connection, statement, configuration).catch(unlessRefused);
    if (!told) return undefined;
    const rounded = Math.ceil((told.bytes * MARGIN) / MEGABYTE) * MEGABYTE;
    sum += Math.max(rounded, LEAST_PER_TABLE * told.tables);
  }
  return sum;
}

function unlessRefused(error: unknown): undefined {
  if (!(error instanceof FatalError)) throw error;
}

/** The smallest of the caps given, as BigQuery takes it. */
export function smallestCap(...caps: readonly (number | undefined)[]): { maximumBytesBilled?: string } {
  const given = caps.filter((cap) => cap !== undefined);
  return given.length === 0 ? {} : { maximumBytesBilled: String(Math.max(1, Math.min(...given))) };
}
