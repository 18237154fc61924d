import { invalid } from "../rest/api-error.ts";
import type { CopyConfiguration } from "./configuration.ts";
import { decorated, relationOf, write } from "./destination.ts";
import type { JobWork } from "./job.ts";
import { quote } from "./types.ts";

/** A table, or one of its days, to another. */
export async function runCopy(
  { job, connection, catalogue }: JobWork,
  copy: CopyConfiguration,
): Promise<void> {
  const [reference, ...more] = copy.sourceTables ?? [copy.sourceTable!];
  if (!reference || more.length > 0) throw invalid("the fake copies one table at a time");
  const { dataset, table, day } = decorated(reference);
  const source = catalogue.table(dataset, table);
  const { timePartitioning, clustering } = source.resource;
  const field = (timePartitioning as { field?: string } | undefined)?.field;
  if (day !== undefined && field === undefined) throw invalid(`${dataset}.${table} is not partitioned`);
  const where = day === undefined ? "" : ` WHERE CAST(${quote(field!)} AS DATE) = DATE '${day}'`;
  const rows = await write(
    catalogue,
    connection,
    {
      destination: copy.destinationTable,
      writeDisposition: copy.writeDisposition ?? "WRITE_EMPTY",
      createDisposition: copy.createDisposition,
      timePartitioning,
      clustering,
    },
    { fields: source.fields, select: `SELECT * FROM ${relationOf(dataset, table)}${where}` },
  );
  job.statistics.copy = { copiedRows: String(rows) };
}
