import { join } from "node:path";
import type { Session } from "./session.ts";

/** Says where what was published lies; `example` is a published table that the run filled. */
export function printPlaces({ settings, terminal }: Session, example: string | undefined): void {
  const { path } = settings.output;
  const lines = [
    [join(path, "experiments/index.html"), "every A/B test: what to do, and why"],
    [join(path, "lifecycle_metrics.json"), "totals and freshness"],
    [join(path, "experiment_summary.csv"), "every arm by every metric"],
    [join(path, "tables/*.parquet"), "each published table, for any BI tool"],
    ["npx --no lifecycle experiments list", "the verdicts, here"],
    ...(example
      ? [[`npx --no lifecycle query "select * from ${example} limit 5"`, "BigQuery SQL over those tables"]]
      : []),
  ];
  const width = Math.max(...lines.map(([place]) => place!.length));
  terminal.line("\nWhere it is");
  for (const [place, what] of lines) terminal.line(`  ${place!.padEnd(width)}  ${what}`);
}
