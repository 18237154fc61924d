import type { Settings } from "@lifecycle/runtime";
import { openBucket } from "./bucket/bucket.ts";
import { bucketLanding } from "./bucket/bucket-landing.ts";
import { bucketStore } from "./bucket/bucket-store.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import { diskStore } from "./object-store.ts";
import { diskLanding, type Landing } from "./part-writer.ts";

/** Landing and ledger where the settings say: a folder or a bucket. Touches neither yet. */
export function openLanding(settings: Pick<Settings, "landing" | "warehouse">): {
  landing: Landing;
  ledger: Ledger;
} {
  const { path, gcs } = settings.landing;
  if (!path.startsWith("gs://")) return { landing: diskLanding(path), ledger: openLedger(diskStore(path)) };
  const room = openBucket({
    uri: path,
    credentialsFile: gcs.credentials_file,
    apiEndpoint: gcs.api_endpoint,
    projectId: settings.warehouse.bigquery.project,
    retryDelayMs: settings.warehouse.bigquery.retry_ms,
  });
  return { landing: bucketLanding(room), ledger: openLedger(bucketStore(room)) };
}
