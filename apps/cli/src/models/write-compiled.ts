import { mkdir, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Session } from "../session.ts";
import type { Models } from "./open-models.ts";

/** Writes `<folder>/<engine>/<model>.sql` for both engines and answers the folder. */
export async function writeCompiled(
  { settings }: Session,
  models: Models,
  names: readonly string[],
  out: string | undefined,
): Promise<string> {
  const folder = out === undefined ? join(settings.output.path, "compiled") : resolve(out);
  const chosen = new Set(names);
  for (const { engine, models: compiled } of [models.bigquery, models.duckdb]) {
    await mkdir(join(folder, engine), { recursive: true });
    for (const model of compiled.filter(({ name }) => chosen.has(name)))
      await writeFile(join(folder, engine, `${model.name}.sql`), `${model.sql.trimEnd()}\n`);
  }
  return folder;
}
