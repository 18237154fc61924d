import { chosenModels, openModels, type SelectFlags } from "../models/open-models.ts";
import type { Session } from "../session.ts";
import { formatTable } from "../terminal.ts";

/** `lifecycle models list`: what there is, in building order. Returns the exit code. */
export async function listModels(session: Session, flags: SelectFlags & { json?: boolean }): Promise<number> {
  const { terminal } = session;
  const { own } = await openModels(session);
  const chosen = new Set(await chosenModels(session, own, flags));
  const models = own.models.filter(({ name }) => chosen.has(name));
  if (flags.json) {
    const shown = models.map(
      ({ name, file, materialized, tags, published, dependsOn, sources, columns }) => ({
        name,
        file,
        materialized,
        tags,
        published,
        depends_on: dependsOn,
        sources,
        columns,
      }),
    );
    terminal.line(JSON.stringify(shown));
    return 0;
  }
  if (models.length === 0) {
    terminal.line("No model is selected.");
    return 0;
  }
  const rows = models.map(({ name, materialized, published, tags, dependsOn, sources }) => [
    name,
    materialized,
    published ? "yes" : "",
    tags.join(", "),
    [...sources, ...dependsOn].join(", "),
  ]);
  terminal.line(formatTable(["model", "kept as", "published", "tags", "depends on"], rows));
  terminal.line(`${models.length} of ${own.models.length} models`);
  return 0;
}
