import { join } from "node:path";
import { InputError } from "@lifecycle/contracts";
import { type CompiledProject, checkModels, compileInProcess, selectModels } from "@lifecycle/transform";
import { openDuckdbWarehouse } from "@lifecycle/warehouse";
import type { Session } from "../session.ts";
import { changedModels } from "./changed-models.ts";

/** The SQL tree with its overlay, compiled for both engines: an author's mistake is told before anything is asked of anyone. */
export interface Models {
  duckdb: CompiledProject;
  bigquery: CompiledProject;
  /** The one that runs here. */
  own: CompiledProject;
}

/** Compiles for both engines. Throws `InputError transform.*` with file, line and column of each mistake. */
export async function openModels({ settings, shutdown }: Session): Promise<Models> {
  const { engine, dataset, bigquery } = settings.warehouse;
  const request = {
    ...placesOf(settings),
    vars: settings.transform.vars,
    dataset,
    project: bigquery.project,
    cacheDir: join(settings.home, ".runtime/compiled"),
    signal: shutdown.signal,
  };
  const own = await compileInProcess({ ...request, engine });
  const other = await compileInProcess({ ...request, engine: engine === "duckdb" ? "bigquery" : "duckdb" });
  return engine === "duckdb" ? { duckdb: own, bigquery: other, own } : { duckdb: other, bigquery: own, own };
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
    await checkModels(models.duckdb, { ...placesOf(session.settings), warehouse });
  } finally {
    await warehouse.close();
  }
  return models;
}

export interface SelectFlags {
  select?: string[];
  exclude?: string[];
}

/**
 * Names of the models that the flags mean, in building order; all without a flag. Besides the words of `selectModels`, `changed` is
 * every model that was never built or was built from another text, with the same plus signs. Throws `InputError transform.selector`.
 */
export async function chosenModels(
  session: Session,
  compiled: CompiledProject,
  flags: SelectFlags,
): Promise<string[]> {
  const words = (given: readonly string[] | undefined, otherwise: string) =>
    given === undefined ? otherwise : given.join(" ");
  const wanted = await withoutChanged(session, compiled, words(flags.select, "all"));
  const unwanted = await withoutChanged(session, compiled, words(flags.exclude, ""));
  if (flags.select !== undefined && words(flags.select, "").trim() === "")
    throw new InputError("transform.selector", "--select wants a model, tag:x, changed or all");
  const excluded = new Set(selectModels(compiled, unwanted));
  return selectModels(compiled, wanted).filter((name) => !excluded.has(name));
}

/** The selector with `changed` replaced by the names it means. */
async function withoutChanged(
  session: Session,
  compiled: CompiledProject,
  selector: string,
): Promise<string> {
  const isChanged = (word: string) => /^\+?(changed|state:modified)\+?$/.test(word);
  const words = selector.split(/[\s,]+/).filter(Boolean);
  if (!words.some(isChanged)) return selector;
  const changed = [...(await changedModels(session, compiled)).keys()];
  return words
    .flatMap((word) =>
      isChanged(word) ? changed.map((name) => word.replace(/changed|state:modified/, name)) : [word],
    )
    .join(" ");
}
