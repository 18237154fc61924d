// A process that does one thing to a warehouse file over and over until it is killed: `child.ts <file> <work> [data file]`.
import { openDuckdbWarehouse } from "@lifecycle/warehouse";
import { request } from "./files.ts";

const [path, work, data] = process.argv.slice(2) as [string, string, string | undefined];

/** Says where it is, and goes on only when that has left the process: what was said before a kill did happen. */
function say(word: string): Promise<void> {
  return new Promise((resolve) => process.stdout.write(`${word}\n`, () => resolve()));
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
} else {
  setInterval(() => undefined, 60_000);
}
