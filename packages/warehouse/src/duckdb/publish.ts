import type { DuckDBConnection } from "@duckdb/node-api";
import { FatalError } from "@lifecycle/contracts";
import { refuseView } from "../builds.ts";
import type { Datasets } from "../warehouse.ts";
import type { DuckdbBuilds } from "./build-ledger.ts";
import { isViewOf, mustExist } from "./models.ts";
import { inTransaction, rowsOf } from "./session.ts";
import { ident, qualified, text } from "./sql.ts";

/**
 * The published table becomes the audited build in one transaction: readers see the old rows or the new ones. Where the ledger knows the days
 * in which the two differ these alone are copied, so that a day more costs the same whatever the table holds. The build stays, so a second
 * try finds it.
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
    const changed = await builds.unpublishedDays(build);
    const to = qualified(datasets.published, table);
    const from = qualified(datasets.build, table);
    if (changed === undefined || !(await isAlike(connection, datasets, table)))
      await connection.run(`CREATE OR REPLACE TABLE ${to} AS FROM ${from}`);
    else if (changed.days.length > 0) {
      const days = changed.days.map((day) => `DATE ${text(day)}`).join(", ");
      const where = `CAST(${ident(changed.column)} AS DATE) IN (${days})`;
      await connection.run(`DELETE FROM ${to} WHERE ${where}`);
      await connection.run(`INSERT INTO ${to} FROM ${from} WHERE ${where}`);
    }
    await builds.published(table, build.version);
  });
}

/** Whether the published table is there with the columns of the build. */
async function isAlike(
  connection: DuckDBConnection,
  { build, published }: Datasets,
  table: string,
): Promise<boolean> {
  const columns = async (schema: string) =>
    JSON.stringify(
      await rowsOf(
        connection,
        `SELECT column_name, data_type FROM duckdb_columns()
         WHERE database_name = current_database() AND schema_name = $1 AND table_name = $2 ORDER BY column_index`,
        [schema, table],
      ),
    );
  return (await columns(published)) === (await columns(build));
}
