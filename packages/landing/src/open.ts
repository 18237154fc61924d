import { type Settings, sweepLeftovers } from "@lifecycle/runtime";
import { openBucket } from "./bucket/bucket.ts";
import { bucketLanding } from "./bucket/bucket-landing.ts";
import { bucketStore } from "./bucket/bucket-store.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { asideFolders, diskStore } from "./object-store.ts";
import { diskLanding, type Landing } from "./part-writer.ts";

export interface OpenLanding {
  landing: Landing;
  ledger: Ledger;
  /** Removes what processes that were killed left unfinished. Answers how much that was; never throws. */
  sweep(): Promise<number>;
}

/** Landing and ledger where the settings say: a folder or a bucket. Touches neither yet. */
export function openLanding(settings: Pick<Settings, "landing" | "warehouse">): OpenLanding {
  const { path, gcs } = settings.landing;
  if (!path.startsWith("gs://"))
    return {
      landing: diskLanding(path),
      ledger: openLedger(diskStore(path)),
      sweep: () => sweepLeftovers(asideFolders(path)),
    };
  const room = openBucket({
    uri: path,
    credentialsFile: gcs.credentials_file,
    apiEndpoint: gcs.api_endpoint,
    projectId: settings.warehouse.bigquery.project,
    retryDelayMs: settings.warehouse.bigquery.retry_ms,
  });
  // An upload that was broken off leaves nothing that can be seen.
  return { landing: bucketLanding(room), ledger: openLedger(bucketStore(room)), sweep: async () => 0 };
}
