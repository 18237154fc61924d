import { chosenModels, openCheckedModels, type SelectFlags } from "../models/open-models.ts";
import { writeCompiled } from "../models/write-compiled.ts";
import type { Session } from "../session.ts";

/** `lifecycle models compile`: checks everything, writes the SQL of both engines. Touches no warehouse. Returns the exit code. */
export async function compileModels(
  session: Session,
  flags: SelectFlags & { out?: string },
): Promise<number> {
  const models = await openCheckedModels(session);
  const names = await chosenModels(session, models.own, flags);
  const folder = await writeCompiled(session, models, names, flags.out);
  session.terminal.line(`${names.length} of ${models.own.models.length} models compiled, all checked`);
  session.terminal.line(`  ${folder}/bigquery/*.sql`);
  session.terminal.line(`  ${folder}/duckdb/*.sql`);
  return 0;
}
