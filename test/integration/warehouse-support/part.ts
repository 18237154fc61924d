import type { MaterialiseRequest } from "@lifecycle/warehouse";

const DAYS = ["2026-01-01", "2026-01-02", "2026-01-03", "2026-01-04"];

/** A build of `agg_key`: the first of ten keys, a later one of those below 4, of which only the even come again. */
export function keys(version: number): MaterialiseRequest {
  const ids = Array.from({ length: 10 }, (_, id) => id).filter(
    (id) => version === 1 || (id < 4 && id % 2 === 0),
  );
  const sql = ids.map((id) => `SELECT ${id} AS id, ${version} AS version`).join(" UNION ALL ");
  const gone = "SELECT 1 AS id UNION ALL SELECT 3";
  return {
    table: "agg_key",
    sql,
    jobId: `v${version}`,
    how: version === 1 ? { mode: "table" } : { mode: "merge", key: ["id"], gone },
  };
}

/** A build of `agg_part`: the first of all its days, a later one of the two in the middle. */
export function part(version: number): MaterialiseRequest {
  const partitions = version === 1 ? DAYS : DAYS.slice(1, 3);
  const sql = partitions
    .map((day) => `SELECT DATE '${day}' AS day, ${version} AS version`)
    .join(" UNION ALL ");
  return {
    table: "agg_part",
    sql,
    partitionBy: "day",
    jobId: `v${version}`,
    hash: "its text",
    inputs: { raw_thing: version },
    how: version === 1 ? { mode: "table" } : { mode: "partition_overwrite", partitions },
  };
}
