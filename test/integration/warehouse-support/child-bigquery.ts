// A process that builds two days of a table anew in BigQuery and publishes it, until it is killed: `child-bigquery.ts <url> <project>`.
import { openBigqueryWarehouse } from "@lifecycle/warehouse";
import { part } from "./part.ts";

const [apiEndpoint, projectId] = process.argv.slice(2) as [string, string];
const warehouse = await openBigqueryWarehouse({
  projectId,
  location: "EU",
  apiEndpoint,
  retryDelayMs: 5,
  pollDelayMs: 2,
});
const built = await warehouse.materialise(part(2));
await warehouse.builds.audit("agg_part", built.version, "its tests");
await warehouse.publish("agg_part", "v2");
process.stdout.write("done\n");
