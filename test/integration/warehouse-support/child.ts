// A process that does one thing to a warehouse file over and over until it is killed: `child.ts <file> <work> [data file or statement]`.
import { DuckDBConnection } from "@duckdb/node-api";
import { openDuckdbWarehouse } from "@lifecycle/warehouse";
import { request } from "./files.ts";
import { keys } from "./part.ts";

const [path, work, data] = process.argv.slice(2) as [string, string, string | undefined];

/** Says where it is, and goes on only when that has left the process: what was said before a kill did happen. */
function say(word: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${word}\n`, () => resolve()));
}

/** From here on this process dies as soon as a statement like this one has been run. */
function dieAfter(statement: RegExp): void {
  const { run } = DuckDBConnection.prototype;
  DuckDBConnection.prototype.run = async function (sql, ...rest) {
    const result = await run.call(this, sql, ...rest);
    if (statement.test(sql)) process.kill(process.pid, "SIGKILL");
    return result;
  };
}

const warehouse = await openDuckdbWarehouse({ path }).catch(async (error) => {
  await say(`failed ${error.code} ${error.message}`);
  process.exit(1);
});
await warehouse.bootstrap();
await say("open");

if (work === "load") {
  const files = [
    { uri: data!, format: "ndjson", codec: "gzip", rows: null, sizeBytes: 0, target: "raw_thing" },
  ] as const;
  for (;;) {
    await say("begin");
    await warehouse.load(request(files));
    await say("end");
  }
} else if (work === "publish") {
  for (let version = 1; ; version++) {
    const sql = `SELECT ${version} AS version, range AS n FROM range(400000)`;
    const built = await warehouse.materialise({ table: "agg_big", sql, jobId: `v${version}` });
    await say("built");
    await warehouse.builds.audit("agg_big", built.version, "its tests");
    await say("begin");
    await warehouse.publish("agg_big", `v${version}`);
    await say(`end ${version}`);
  }
} else if (work === "parts") {
  const days = (version: number, ...list: number[]) =>
    `SELECT CAST('2026-01-01' AS DATE) + CAST(d AS INTEGER) AS day, ${version} AS version, n FROM (SELECT unnest([${list.join(", ")}]) AS d), range(50000) AS t(n)`;
  const part = { table: "agg_part", partitionBy: "day" };
  for (let version = 1; ; version++) {
    const partitions = ["2026-01-02", "2026-01-03"];
    const built =
      version === 1
        ? await warehouse.materialise({ ...part, sql: days(1, 0, 1, 2, 3), jobId: "v1" })
        : await warehouse.materialise({
            ...part,
            sql: days(version, 1, 2),
            jobId: `v${version}`,
            how: { mode: "partition_overwrite", partitions },
          });
    await say("built");
    await warehouse.builds.audit("agg_part", built.version, "its tests");
    await say("begin");
    await warehouse.publish("agg_part", `v${version}`);
    await say(`end ${version}`);
  }
} else if (work === "keys-built" || work === "keys-published") {
  for (const version of [1, 2]) {
    if (work === "keys-built" && version === 2) dieAfter(new RegExp(data!));
    const built = await warehouse.materialise(keys(version));
    await warehouse.builds.audit("agg_key", built.version, "its tests");
    if (work === "keys-published" && version === 2) dieAfter(new RegExp(data!));
    await warehouse.publish("agg_key", `v${version}`);
    await say(`end ${version}`);
  }
} else {
  setInterval(() => undefined, 60_000);
}
