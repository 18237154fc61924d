// A BigQuery and a Cloud Storage as one process: `bigquery-main.ts [--port n] [--gcs-port n] [--bucket name]`. Says where they answer in one
// line of JSON, then takes orders over HTTP at `control` (see `orders`).
import { parseArgs } from "node:util";
import { duckdbMacros } from "@lifecycle/warehouse";
import { startBigqueryServer } from "./bigquery-server.ts";
import { startGcsServer } from "./gcs-server.ts";
import { notFound } from "./rest/api-error.ts";
import type { Fault } from "./rest/faults.ts";
import { listen, parseJson, readAll, sendJson } from "./rest/server.ts";
import { productTranslation } from "./translation.ts";

const { values } = parseArgs({
  options: {
    port: { type: "string", default: "0" },
    "gcs-port": { type: "string", default: "0" },
    bucket: { type: "string", default: "lifecycle-landing" },
  },
});

const gcs = await startGcsServer([values.bucket], { port: Number(values["gcs-port"]) });
const bigquery = await startBigqueryServer({
  port: Number(values.port),
  translate: await productTranslation(),
  setup: duckdbMacros,
  readObjects: (uri) => gcs.resolve(uri).map((object) => object.data),
});

/** A fault as JSON: patterns are texts, `at` names the server. */
type FaultOrder = Omit<Fault, "path" | "job"> & { path?: string; job?: string; at?: "bigquery" | "gcs" };

const orders: Record<string, (body: Record<string, unknown>) => unknown> = {
  "/fail": (body) => {
    const { at, path, job, ...fault } = body as unknown as FaultOrder;
    (at === "gcs" ? gcs : bigquery).fail({
      ...fault,
      ...(path === undefined ? {} : { path: new RegExp(path) }),
      ...(job === undefined ? {} : { job: new RegExp(job) }),
    });
    return {};
  },
  "/calm": () => {
    gcs.forgetFaults();
    bigquery.forgetFaults();
    return {};
  },
  "/release": () => {
    bigquery.release();
    return {};
  },
  "/jobs": () =>
    [...bigquery.jobs.values()].map(({ id, state, held, configuration, error }) => ({
      id,
      state,
      held,
      kind: configuration.labels?.kind,
      sourceUris: configuration.load?.sourceUris?.length ?? 0,
      error: error?.reason ?? null,
    })),
  "/requests": () => ({ bigquery: bigquery.requests.length, gcs: gcs.requests.length }),
};

const control = await listen(async (request, response) => {
  const path = new URL(request.url ?? "/", "http://fake").pathname;
  const order = orders[path];
  if (!order) throw notFound(path);
  sendJson(response, 200, order(parseJson(await readAll(request))));
});

process.once("SIGTERM", () => process.exit(0));
const said = {
  listening: true,
  bigquery: bigquery.url,
  gcs: gcs.url,
  control: control.url,
  project: bigquery.project,
  bucket: values.bucket,
};
process.stdout.write(`${JSON.stringify(said)}\n`);
