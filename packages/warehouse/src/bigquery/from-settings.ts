import type { Settings } from "@lifecycle/runtime";
import type { BigquerySettings } from "./client.ts";

/** How the settings say BigQuery is reached. */
export function bigquerySettings(settings: Pick<Settings, "warehouse" | "environment">): BigquerySettings {
  const { bigquery, dataset } = settings.warehouse;
  return {
    projectId: bigquery.project ?? "", // the settings are refused without one when the engine is bigquery
    dataset,
    location: bigquery.location,
    ...(bigquery.api_endpoint === undefined ? {} : { apiEndpoint: bigquery.api_endpoint }),
    ...(bigquery.credentials_file === undefined ? {} : { keyFilename: bigquery.credentials_file }),
    ...(bigquery.max_bytes_billed === undefined ? {} : { maximumBytesBilled: bigquery.max_bytes_billed }),
    labels: { env: settings.environment },
    jobTimeoutMs: bigquery.job_timeout_ms,
    pollDelayMs: bigquery.poll_ms,
    retryDelayMs: bigquery.retry_ms,
  };
}
