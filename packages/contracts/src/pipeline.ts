import { z } from "zod";
import { Column, stampColumns, type TableContract } from "./columns.ts";
import { FileExperiment } from "./experiment.ts";
import { Slug } from "./ids.ts";

/** A column of a file as its pipeline declares it: `type` is what the text must cast to, `from` its header if that differs. */
const FileColumn = Column.extend({ from: z.string().min(1).optional() });
export type FileColumn = z.infer<typeof FileColumn>;

const RawTable = z.string().regex(/^raw_[a-z0-9]+(?:_[a-z0-9]+)*$/, "expected a name such as `raw_orders`");

const CsvFormat = z.strictObject({
  type: z.literal("csv"),
  delimiter: z.string().length(1).default(","),
  header: z.literal(true).default(true),
});

const BasePipeline = { name: Slug, description: z.string().optional() };

export const BrazePipeline = z.strictObject({
  ...BasePipeline,
  kind: z.literal("braze"),
  resources: z.array(Slug).min(1),
  /** Days that a run without dates covers, ending with today. */
  window_days: z.int().min(1).max(3650),
  /** By resource: days after which the source is taken not to restate a day any more, for whatever object and whatever that says of itself. */
  lookback_days: z.record(Slug, z.int().min(0).max(365)).default({}),
});
export type BrazePipeline = z.infer<typeof BrazePipeline>;

export const FilePipeline = z
  .strictObject({
    ...BasePipeline,
    kind: z.literal("file"),
    /** Where the rows land as text. */
    raw_table: RawTable,
    format: CsvFormat.default({ type: "csv", delimiter: ",", header: true }),
    columns: z.array(FileColumn).min(1),
    /** Columns that identify a row. Without them a row is (file sha256, row number) and no row is a duplicate. */
    key: z.array(z.string()).min(1).optional(),
    /** The instant of a row. Without it the window of every run is `all`. Text without a zone is UTC. */
    time_column: z.string().optional(),
    /** The share of rejected rows above which a run stops instead of going on without them. */
    reject_ratio: z.number().min(0).max(1).default(0.05),
    /** Days per window when a long file is taken in pieces; only with a time column. */
    window_days: z.int().min(1).max(3650).optional(),
    experiments: z.array(FileExperiment).default([]),
    /** What a run without a file reads: generated data with planted truth. */
    sample: z
      .strictObject({ generator: z.literal("ad-clicks"), seed: z.int().default(1), rows: z.int().min(1) })
      .optional(),
  })
  .superRefine((pipeline, context) => {
    for (const problem of fileProblems(pipeline)) context.addIssue({ code: "custom", ...problem });
  });
export type FilePipeline = z.infer<typeof FilePipeline>;

/** One file of `config/pipelines/`. */
export const PipelineConfig = z.discriminatedUnion("kind", [BrazePipeline, FilePipeline]);
export type PipelineConfig = z.infer<typeof PipelineConfig>;

/** Columns the loader adds to each row of a file: 1-based position in the file, header not counted, and the file's hash. */
const fileRowColumns: readonly Column[] = [
  { name: "_row_number", type: "INT64", required: true },
  { name: "_source_sha256", type: "STRING", required: true },
];

/** The raw table of a file pipeline: every declared column as the text received, the row's identity, the stamps. */
export function rawFileTable(pipeline: FilePipeline): TableContract {
  const columns = pipeline.columns.map(
    (column): Column => ({
      name: column.name,
      type: "STRING",
      ...(column.description === undefined ? {} : { description: column.description }),
      ...(column.pii === undefined ? {} : { pii: column.pii }),
    }),
  );
  return { table: pipeline.raw_table, columns: [...columns, ...fileRowColumns, ...stampColumns] };
}

interface Problem {
  path: (string | number)[];
  message: string;
}

/** What the parts of a file pipeline say about each other: every column that is named must be declared, once. */
function fileProblems(pipeline: {
  columns: readonly FileColumn[];
  key?: readonly string[] | undefined;
  time_column?: string | undefined;
  window_days?: number | undefined;
  experiments: readonly FileExperiment[];
}): Problem[] {
  const names = pipeline.columns.map((column) => column.name);
  const reserved = new Set([...fileRowColumns, ...stampColumns].map((column) => column.name));
  const problems: Problem[] = [];
  if (!distinct(names)) problems.push({ path: ["columns"], message: "two columns share a name" });
  const known = (column: string, path: (string | number)[]) => {
    if (!names.includes(column)) problems.push({ path, message: `no column \`${column}\` is declared` });
  };
  names.forEach((name, i) => {
    if (reserved.has(name))
      problems.push({ path: ["columns", i, "name"], message: `\`${name}\` is reserved` });
  });
  pipeline.key?.forEach((column, i) => {
    known(column, ["key", i]);
  });
  if (pipeline.time_column !== undefined) known(pipeline.time_column, ["time_column"]);
  else if (pipeline.window_days !== undefined)
    problems.push({ path: ["window_days"], message: "windows need a `time_column`" });
  pipeline.experiments.forEach((experiment, e) => {
    known(experiment.arm_column, ["experiments", e, "arm_column"]);
    experiment.segments?.forEach((segment, i) => {
      known(segment, ["experiments", e, "segments", i]);
    });
    experiment.metrics.forEach((metric, m) => {
      for (const part of ["column", "denominator", "covariate"] as const) {
        const column = metric[part];
        if (column !== undefined) known(column, ["experiments", e, "metrics", m, part]);
      }
    });
  });
  return problems;
}

function distinct(names: readonly string[]): boolean {
  return new Set(names).size === names.length;
}
