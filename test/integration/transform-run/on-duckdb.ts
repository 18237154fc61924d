import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type CompiledProject, loadCompiler } from "@lifecycle/transform";
import { openDuckdbWarehouse, type Warehouse } from "@lifecycle/warehouse";
import { afterEach, beforeEach } from "vitest";

const { compileProject, loadProject } = await loadCompiler();

export interface Place {
  /** For the files of a test; gone after it. */
  folder: string;
  warehouse: Warehouse;
  /** Compiles the SQL tree of these files and of no others. */
  compile(
    files: Readonly<Record<string, string>>,
    more?: { retentionDays?: number },
  ): Promise<CompiledProject>;
}

/** A DuckDB of its own for each test of the suite that calls this: look at it only within a test. */
export function onDuckdb(): Readonly<Place> {
  const place = {} as Place;
  beforeEach(async () => {
    const folder = mkdtempSync(join(tmpdir(), "lifecycle-models-"));
    place.folder = folder;
    place.warehouse = await openDuckdbWarehouse({ path: join(folder, "w.duckdb"), dataset: "ds" });
  });
  afterEach(async () => {
    await place.warehouse.close();
    rmSync(place.folder, { recursive: true, force: true });
  });
  place.compile = async (files, more) => {
    const sqlDir = join(place.folder, "sql");
    rmSync(sqlDir, { recursive: true, force: true });
    for (const [name, text] of Object.entries(files)) {
      const path = join(sqlDir, name);
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
    }
    return compileProject(await loadProject({ sqlDir }), { engine: "duckdb", dataset: "ds", ...more });
  };
  return place;
}
