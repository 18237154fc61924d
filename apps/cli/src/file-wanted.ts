import { join, relative, resolve } from "node:path";
import { addDays, type FilePipeline, InputError } from "@lifecycle/contracts";
import { describeFile, type WantedRun } from "@lifecycle/ingest";
import { type CsvInspection, inspectCsv } from "@lifecycle/warehouse";
import type { Session } from "./session.ts";
import { counted } from "./terminal.ts";

/**
 * The file of a run and the days it covers, after a look at all of it: what will be left out of it is told, and a file that would be refused
 * later is refused now. Throws `InputError source.*` and `run.no_file`.
 */
export async function fileWanted(
  { settings, terminal }: Pick<Session, "settings" | "terminal">,
  pipeline: FilePipeline,
  file: string | undefined,
): Promise<Pick<WantedRun, "source" | "window">> {
  if (!file)
    throw new InputError("run.no_file", `The pipeline ${pipeline.name} reads a file: add --file <path>.`);
  const source = await describeFile(resolve(file));
  const declaredIn = relative(settings.root, join(settings.pipelines.path, `${pipeline.name}.yaml`));
  const inspected = await inspectCsv(source.uri, {
    columns: pipeline.columns.map((column) => column.name),
    headers: Object.fromEntries(pipeline.columns.flatMap(({ name, from }) => (from ? [[name, from]] : []))),
    delimiter: pipeline.format.delimiter,
    declaredIn,
    ...(pipeline.time_column ? { timeColumn: pipeline.time_column } : {}),
  });
  refuseUnreadable(source.uri, pipeline, inspected);
  for (const line of leftOut(pipeline, inspected, declaredIn)) terminal.line(line);
  const { minDate, maxDate } = inspected;
  return { source, window: minDate && maxDate ? { from: minDate, until: addDays(maxDate, 1) } : "all" };
}

/** As loading would, but before anything is started. Throws `source.no_rows` and `source.too_many_rejects`. */
export function refuseUnreadable(
  uri: string,
  { name, reject_ratio: ratio }: Pick<FilePipeline, "name" | "reject_ratio">,
  { rows, rejected, examples }: Pick<CsvInspection, "rows" | "rejected" | "examples">,
): void {
  const first = examples.map(({ line, reason }) => `\n  line ${line}: ${reason}`).join("");
  if (rows === 0)
    throw new InputError("source.no_rows", `${uri} has a header and no row that can be read.${first}`);
  if (rejected > ratio * (rows + rejected))
    throw new InputError(
      "source.too_many_rejects",
      `${uri}: ${rejected} of ${rows + rejected} rows cannot be read, more than the ${100 * ratio} % that the pipeline ${name} allows (reject_ratio).${first}`,
    );
}

/** What of a file will not be loaded: rows that cannot be read, and columns that nobody declared. */
export function leftOut(
  { columns }: Pick<FilePipeline, "columns">,
  { header, rejected, examples }: Pick<CsvInspection, "header" | "rejected" | "examples">,
  declaredIn: string,
): string[] {
  const known = new Set(columns.map(({ name, from }) => from ?? name));
  const extra = header.filter((cell) => !known.has(cell));
  return [
    ...(rejected > 0 ? [`${counted(rejected, "row")} cannot be read and will be set aside`] : []),
    ...examples.map(({ line, reason }) => `  line ${line}: ${reason}`),
    ...(extra.length > 0
      ? [
          `Left out, because ${declaredIn} does not declare ${extra.length === 1 ? "it" : "them"}: ${extra.join(", ")}`,
        ]
      : []),
  ];
}
