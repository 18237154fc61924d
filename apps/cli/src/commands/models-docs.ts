import { join, resolve } from "node:path";
import { errorMessage } from "@lifecycle/contracts";
import { replaceFile } from "@lifecycle/runtime";
import { readTrees, renderDocs, sourceTablesOf } from "@lifecycle/transform";
import { lastResults } from "../models/last-results.ts";
import { openModels, placesOf } from "../models/open-models.ts";
import type { Session } from "../session.ts";
import { withWarehouse } from "../warehouse-access.ts";

/** `lifecycle models docs`: one HTML page that needs nothing beside itself. Returns the exit code. */
export async function docsOfModels(session: Session, flags: { out?: string }): Promise<number> {
  const { settings, terminal } = session;
  const models = await openModels(session);
  const sources = sourceTablesOf(await readTrees(placesOf(settings)));
  const results = await withWarehouse(session, (warehouse) => lastResults(session, warehouse)).catch(
    (error: unknown) => {
      terminal.line(`Without results: the warehouse could not be asked (${errorMessage(error)})`);
      return { tests: [], freshness: [], builds: [] };
    },
  );
  const page = renderDocs({
    title: `Lifecycle: ${settings.warehouse.dataset}`,
    generatedAt: new Date().toISOString(),
    bigquery: models.bigquery,
    duckdb: models.duckdb,
    sources: [...sources.values()],
    ...results,
  });
  const path = flags.out === undefined ? join(settings.output.path, "models.html") : resolve(flags.out);
  await replaceFile(path, page);
  terminal.line(`${models.own.models.length} models, ${Math.ceil(page.length / 1024)} KB: ${path}`);
  return 0;
}
