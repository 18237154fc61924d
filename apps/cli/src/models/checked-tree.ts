import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "@lifecycle/runtime";
import { type CompiledProject, checkModels, compileInProcess, readTrees } from "@lifecycle/transform";
import { openDuckdbWarehouse } from "@lifecycle/warehouse";
import type { Session } from "../session.ts";
import { cacheDirOf, compileRequestOf, placesOf } from "./open-models.ts";

/**
 * The SQL tree for the engine that runs here, after every model was compiled and built over empty tables: a mistake is told before a run
 * begins, not after its landing and loading. A tree that has passed once is not checked again; `onWork` is told when there is something to do.
 * Throws `InputError transform.*` with file, line and column.
 */
export async function checkedTree(
  session: Session,
  onWork: () => void = () => undefined,
): Promise<CompiledProject> {
  const { engine, dataset } = session.settings.warehouse;
  const mark = await markOfTree(session);
  if (!existsSync(mark)) onWork();
  const request = compileRequestOf(session);
  const own = await compileInProcess({ ...request, engine });
  if (existsSync(mark)) return own;
  const duckdb = engine === "duckdb" ? own : await compileInProcess({ ...request, engine: "duckdb" });
  const warehouse = await openDuckdbWarehouse({ path: ":memory:", dataset });
  try {
    await checkModels(duckdb, { ...placesOf(session.settings), warehouse });
  } finally {
    await warehouse.close();
  }
  await replaceFile(mark, "");
  return own;
}

/** A file that is there when a tree of these texts has passed. */
async function markOfTree(session: Session): Promise<string> {
  const { settings } = session;
  const trees = await readTrees(placesOf(settings));
  const { signal: _, ...request } = compileRequestOf(session);
  const text = JSON.stringify([request, settings.warehouse.engine, trees]);
  const folder = cacheDirOf(settings);
  await mkdir(folder, { recursive: true });
  return join(folder, `${createHash("sha256").update(text).digest("hex").slice(0, 40)}.checked`);
}
