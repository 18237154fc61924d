import { mkdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { replaceFile } from "@lifecycle/runtime";
import type { StageDeps } from "./deps.ts";

/** Which version of each table lies in the folder. */
type Exported = Record<string, number>;

/**
 * Writes the published tables that the folder does not hold in their present version. All files are written aside before the first one
 * is replaced, so that a full disk leaves the old ones together.
 */
export async function exportTables(
  { warehouse, settings }: Pick<StageDeps, "warehouse" | "settings">,
  tables: readonly string[],
): Promise<void> {
  const folder = join(settings.output.path, "tables");
  const aside = join(folder, ".aside");
  const note = join(folder, ".versions.json");
  const known = await readExported(note);
  const versions = new Map(
    (await warehouse.builds.list()).map(({ table, publishedVersion }) => [table, publishedVersion]),
  );
  const stale: string[] = [];
  for (const table of tables) {
    const version = versions.get(table);
    if (version === undefined) continue;
    if (known[table] !== version || !(await exists(join(folder, `${table}.parquet`)))) stale.push(table);
  }
  if (stale.length === 0) return;
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true });
  for (const table of stale) await warehouse.exportParquet(table, join(aside, `${table}.parquet`));
  for (const table of stale) await rename(join(aside, `${table}.parquet`), join(folder, `${table}.parquet`));
  const now = { ...known, ...Object.fromEntries(stale.map((table) => [table, versions.get(table)])) };
  await replaceFile(note, JSON.stringify(now));
  await rm(aside, { recursive: true, force: true });
}

/** Unreadable is as good as missing: everything is written again. */
async function readExported(path: string): Promise<Exported> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as Exported;
  } catch {
    return {};
  }
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
