import { join } from "node:path";
import { InputError } from "@lifecycle/contracts";
import {
  asksForChanged,
  type CompiledProject,
  checkModels,
  compileInProcess,
  selectModels,
} from "@lifecycle/transform";
import { openDuckdbWarehouse } from "@lifecycle/warehouse";
import type { Session } from "../session.ts";
import { patiently } from "../terminal.ts";
import { changedHere } from "./known-builds.ts";

/** The SQL tree with its overlay, compiled for both engines: an author's mistake is told before anything is asked of anyone. */
export interface Models {
  duckdb: CompiledProject;
  bigquery: CompiledProject;
  /** The one that runs here. */
  own: CompiledProject;
}

/** Compiles for both engines. Throws `InputError transform.*` with file, line and column of each mistake. */
export async function openModels(session: Session): Promise<Models> {
  const { engine } = session.settings.warehouse;
  const request = compileRequestOf(session);
  const other = engine === "duckdb" ? "bigquery" : "duckdb";
  const own = await patiently("compiling the SQL models", compileInProcess({ ...request, engine }));
  const foreign = await patiently(
    `compiling the SQL models for ${other}`,
    compileInProcess({ ...request, engine: other }),
  );
  return engine === "duckdb"
    ? { duckdb: own, bigquery: foreign, own }
    : { duckdb: foreign, bigquery: own, own };
}

/** What the compiler is asked, but for the engine. */
export function compileRequestOf({ settings, shutdown }: Session) {
  const { dataset, bigquery, retention_days: retentionDays } = settings.warehouse;
  return {
    ...placesOf(settings),
    vars: settings.transform.vars,
    dataset,
    project: bigquery.project,
    retentionDays,
    cacheDir: cacheDirOf(settings),
    signal: shutdown.signal,
  };
}

/** Where compiled trees are kept. */
export function cacheDirOf({ home }: Session["settings"]): string {
  return join(home, ".runtime/compiled");
}

/** Where the trees lie. */
export function placesOf({ sql, transform }: Session["settings"]) {
  return { sqlDir: sql.path, overlayDir: transform.overlay };
}

/** As `openModels`; then builds every model over empty tables of its own: unknown columns and types that do not fit are told here. */
export async function openCheckedModels(session: Session): Promise<Models> {
  const models = await openModels(session);
  const { dataset } = session.settings.warehouse;
  const warehouse = await openDuckdbWarehouse({ path: ":memory:", dataset });
  try {
    await patiently(
      "checking the SQL models over empty tables",
      checkModels(models.duckdb, { ...placesOf(session.settings), warehouse }),
    );
  } finally {
    await warehouse.close();
  }
  return models;
}

export interface SelectFlags {
  select?: string[];
  exclude?: string[];
}

/** Names of the models that the flags mean, in building order; all without a flag. Throws `InputError transform.selector`. */
export async function chosenModels(
  session: Session,
  compiled: CompiledProject,
  flags: SelectFlags,
): Promise<string[]> {
  const wanted = flags.select?.join(" ") ?? "all";
  const unwanted = flags.exclude?.join(" ") ?? "";
  if (wanted.trim() === "")
    throw new InputError("transform.selector", "--select wants a model, tag:x, changed or all");
  const asks = [wanted, unwanted].some(asksForChanged);
  const changed = asks ? await changedHere(session, compiled) : undefined;
  const excluded = new Set(selectModels(compiled, unwanted, changed));
  return selectModels(compiled, wanted, changed).filter((name) => !excluded.has(name));
}
