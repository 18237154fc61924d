import { didYouMean, InputError } from "@lifecycle/contracts";
import { type CompiledModel, compileInProcess } from "@lifecycle/transform";
import { compileRequestOf } from "./models/open-models.ts";
import type { Session } from "./session.ts";
import { formatTable } from "./terminal.ts";

/** `lifecycle query --tables [name]`: the published tables and what a row of each is, or the columns of one. Returns the exit code. */
export async function listTables(session: Session, name: string | boolean): Promise<number> {
  const { settings, terminal } = session;
  const { engine, dataset } = settings.warehouse;
  const { models } = await compileInProcess({ ...compileRequestOf(session), engine });
  const published = models
    .filter((model) => model.published)
    .toSorted((a, b) => a.name.localeCompare(b.name));
  if (typeof name === "string") return listColumns(session, models, name);
  const rows = published.map((model) => [model.name, firstSentence(model.description)]);
  terminal.line(formatTable(["table", "holds"], rows));
  terminal.line(`Columns of one: lifecycle query --tables ${published[0]?.name ?? "<name>"}`);
  terminal.line(
    `Not published, but to be read: ${dataset}_build.<model> (lifecycle models list) and raw_… as received (sql/raw/sources.yml).`,
  );
  return 0;
}

function listColumns({ terminal }: Session, models: readonly CompiledModel[], name: string): number {
  const model = models.find((one) => one.name === name);
  const names = models.filter(({ published }) => published).map((one) => one.name);
  if (!model)
    throw new InputError("query.unknown_table", `There is no table ${name}.${didYouMean(name, names)}`);
  if (model.description) terminal.line(model.description);
  const rows = model.columns.map((column) => [column.name, column.type, column.description]);
  terminal.line(formatTable(["column", "type", "meaning"], rows));
  return 0;
}

/** Up to the first full stop; a table of tables wants one line each. */
function firstSentence(text: string | null): string {
  const line = (text ?? "").replace(/\s+/g, " ").trim();
  const end = line.search(/[.;](?: |$)/);
  return end < 0 ? line : line.slice(0, end);
}
