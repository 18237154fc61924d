import type { DuckDBConnection } from "@duckdb/node-api";
import { FatalError } from "@lifecycle/contracts";
import { type Build, refuseView } from "../builds.ts";
import type { Datasets } from "../warehouse.ts";
import type { DuckdbBuilds } from "./build-ledger.ts";
import { isViewOf, mustExist } from "./models.ts";
import { describe } from "./schema.ts";
import { inTransaction } from "./session.ts";
import { ident, qualified, sameKey, text } from "./sql.ts";

/**
 * The published table becomes the audited build in one transaction: readers see the old rows or the new ones. Where the ledger knows the days
 * or the keys in which the two differ these alone are copied: a day more costs the same whatever the table holds, a key more as much as
 * finding it there. The build stays, so a second try finds it.
 */
export async function publish(
  connection: DuckDBConnection,
  datasets: Datasets,
  builds: DuckdbBuilds,
  table: string,
): Promise<void> {
  await mustExist(connection, datasets.build, table);
  if (await isViewOf(connection, datasets, table)) refuseView(datasets.build, table);
  await inTransaction(connection, async () => {
    const [build] = await builds.list(table);
    if (build?.auditedAs === undefined)
      throw new FatalError(
        "warehouse.not_audited",
        `${datasets.build}.${table} has not passed its tests since it was built: it is not published`,
      );
    for (const statement of await statementsFor(connection, datasets, builds, build))
      await connection.run(statement);
    await builds.published(table, build.version);
  });
}

/** What makes the published table equal to the build: nothing where it is published already. */
async function statementsFor(
  connection: DuckDBConnection,
  datasets: Datasets,
  builds: DuckdbBuilds,
  build: Build,
): Promise<string[]> {
  const { table, version, publishedVersion } = build;
  const [to, from] = [qualified(datasets.published, table), qualified(datasets.build, table)];
  const whole = [`CREATE OR REPLACE TABLE ${to} AS FROM ${from}`];
  if (!(await isAlike(connection, datasets, table))) return whole;
  if (version === publishedVersion) return [];
  const replaced = await builds.unpublished.since(build);
  if (replaced?.what === "keys") {
    const keys = builds.unpublished.keysOf(table);
    const same = sameKey("k", "t", replaced.columns);
    return [
      `DELETE FROM ${to} AS t USING ${keys} AS k WHERE ${same}`,
      `INSERT INTO ${to} SELECT t.* FROM ${from} AS t SEMI JOIN ${keys} AS k ON ${same}`,
    ];
  }
  const days = replaced && (await builds.partitionsSince(table, publishedVersion ?? 0));
  if (replaced === undefined || days === undefined || days === "all") return whole;
  if (days.length === 0) return [];
  const list = days.map((day) => `DATE ${text(day)}`).join(", ");
  const where = `CAST(${ident(replaced.columns[0])} AS DATE) IN (${list})`;
  return [`DELETE FROM ${to} WHERE ${where}`, `INSERT INTO ${to} FROM ${from} WHERE ${where}`];
}

/** Whether the published table is there with the columns of the build. */
async function isAlike(
  connection: DuckDBConnection,
  { build, published }: Datasets,
  table: string,
): Promise<boolean> {
  const columns = async (schema: string) =>
    JSON.stringify(await describe(connection, qualified(schema, table)));
  return (await columns(published)) === (await columns(build));
}
