import { type CompiledModel, planModels } from "@lifecycle/transform";
import { bigquerySettings, bytesProcessed, openBigqueryWarehouse } from "@lifecycle/warehouse";
import { changedHere } from "../models/known-builds.ts";
import type { Models } from "../models/open-models.ts";
import { writeCompiled } from "../models/write-compiled.ts";
import type { Session } from "../session.ts";
import { formatTable } from "../terminal.ts";

/** What a run would do, in which order; nothing is built. */
export async function dryRun(
  session: Session,
  models: Models,
  chosen: readonly CompiledModel[],
  flags: { fullRefresh?: boolean },
): Promise<number> {
  const { terminal, settings } = session;
  const names = chosen.map(({ name }) => name);
  const folder = await writeCompiled(session, models, names, undefined);
  if (settings.warehouse.engine === "bigquery") await quoteBigquery(session, models, chosen, flags);
  else await listWhatChanged(session, models, chosen);
  terminal.line(`Dry run: nothing was built. The SQL of both engines is in ${folder}`);
  return 0;
}

const COLUMNS = ["", "model", "kept as", "published", "is built"];

const aboutModel = ({ name, materialized, published }: CompiledModel, index: number) => [
  index + 1,
  name,
  materialized,
  published ? "yes" : "",
];

async function listWhatChanged(
  session: Session,
  models: Models,
  chosen: readonly CompiledModel[],
): Promise<void> {
  const changed = await changedHere(session, models.own);
  const rows = chosen.map((model, i) => [
    ...aboutModel(model, i),
    changed.get(model.name) ?? "if its inputs changed",
  ]);
  session.terminal.line(formatTable(COLUMNS, rows));
}

/** BigQuery is asked directly: what would be built of each model, and the bytes that this would read. */
async function quoteBigquery(
  session: Session,
  models: Models,
  chosen: readonly CompiledModel[],
  { fullRefresh }: { fullRefresh?: boolean },
): Promise<void> {
  const { terminal, settings } = session;
  const bigquery = bigquerySettings(settings);
  const warehouse = await openBigqueryWarehouse(bigquery);
  const select = chosen.map(({ name }) => name);
  const plans = await planModels(models.own, { warehouse, select, fullRefresh, evenUnchanged: true });
  const built = plans.flatMap(({ name, sql }) => (sql === undefined ? [] : [{ name, sql }]));
  const found = await bytesProcessed(
    bigquery,
    built.map(({ sql }) => sql),
  );
  const bytes = new Map(built.map(({ name }, i) => [name, found[i]]));
  const planned = new Map(plans.map((plan) => [plan.name, plan]));
  const rows = chosen.map((model, i) => {
    const { plan } = planned.get(model.name)!;
    const part = plan.action === "partitions" ? `${plan.partitions.length} days: ` : `${plan.action}: `;
    const cap = Math.min(
      model.maxBytesBilled ?? Infinity,
      settings.warehouse.bigquery.max_bytes_billed ?? Infinity,
    );
    return [
      ...aboutModel(model, i),
      `${part}${plan.reason}`,
      bytes.has(model.name) ? bytesText(bytes.get(model.name), cap) : "tests only",
    ];
  });
  terminal.line(formatTable([...COLUMNS, "bytes read"], rows));
  const known = found.filter((value) => value !== undefined);
  const sum = known.reduce((total, value) => total + value, 0);
  const most = settings.warehouse.bigquery.max_bytes_billed_per_run;
  const capped = most === undefined ? "" : `; a run may be billed ${most.toLocaleString("en-US")}`;
  terminal.line(
    `${sum.toLocaleString("en-US")} bytes in ${known.length} of ${built.length} models to build, tests left out${capped}`,
  );
}

function bytesText(bytes: number | undefined, cap: number): string {
  if (bytes === undefined) return "not known: its inputs are not built";
  const told = bytes.toLocaleString("en-US");
  return bytes > cap ? `${told}, refused above ${cap.toLocaleString("en-US")}` : told;
}
