import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bucketStore, type Ledger, openBucket, openLedger } from "@lifecycle/landing";
import { PROJECT } from "./installation.ts";

/** A job as the fake knows it. */
export interface JobSeen {
  id: string;
  state: string;
  held: boolean;
  kind: string;
  sourceUris: number;
  error: string | null;
}

/** BigQuery and Cloud Storage in a process of their own. */
export interface GoogleFakes {
  /** For an installation that shall use them, landing in the bucket below `prefix`. */
  settings(prefix: string): Record<string, string>;
  ledger(prefix: string): Ledger;
  url: string;
  project: string;
  /** See `test/fakes/rest/faults.ts`; patterns as texts. */
  fail(fault: Record<string, unknown>): Promise<void>;
  calm(): Promise<void>;
  release(): Promise<void>;
  jobs(): Promise<JobSeen[]>;
  stop(): Promise<void>;
}

interface Said {
  bigquery: string;
  gcs: string;
  control: string;
  project: string;
  bucket: string;
}

/** No credentials are looked for: the fakes ask for none. */
const NO_CREDENTIALS = { METADATA_SERVER_DETECTION: "none" };

export async function startGoogleFakes(): Promise<GoogleFakes> {
  const child = spawn(process.execPath, [join(PROJECT, "test/fakes/bigquery-main.ts")], {
    cwd: PROJECT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  const said = JSON.parse(line) as Said;
  const order = async <T>(path: string, body: object = {}): Promise<T> => {
    const answer = await fetch(`${said.control}${path}`, { method: "POST", body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return (await answer.json()) as T;
  };
  const uriOf = (prefix: string) => `gs://${said.bucket}/${prefix}`;
  Object.assign(process.env, NO_CREDENTIALS);
  return {
    url: said.bigquery,
    project: said.project,
    settings: (prefix) => ({
      ...NO_CREDENTIALS,
      LIFECYCLE__WAREHOUSE__ENGINE: "bigquery",
      LIFECYCLE__WAREHOUSE__BIGQUERY__PROJECT: said.project,
      LIFECYCLE__WAREHOUSE__BIGQUERY__LOCATION: "EU",
      LIFECYCLE__WAREHOUSE__BIGQUERY__API_ENDPOINT: said.bigquery,
      LIFECYCLE__WAREHOUSE__BIGQUERY__POLL_MS: "20",
      LIFECYCLE__WAREHOUSE__BIGQUERY__RETRY_MS: "20",
      LIFECYCLE__LANDING__PATH: uriOf(prefix),
      LIFECYCLE__LANDING__GCS__API_ENDPOINT: said.gcs,
      LIFECYCLE__QUEUES__CONCURRENCY__LOAD: "4",
    }),
    ledger: (prefix) =>
      openLedger(
        bucketStore(openBucket({ uri: uriOf(prefix), apiEndpoint: said.gcs, projectId: said.project })),
      ),
    fail: (fault) => order("/fail", fault),
    calm: () => order("/calm"),
    release: () => order("/release"),
    jobs: () => order<JobSeen[]>("/jobs"),
    stop: async () => {
      child.kill();
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    },
  };
}
