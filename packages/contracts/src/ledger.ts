import { z } from "zod";
import { Slug } from "./ids.ts";
import { CalendarDate, RunWindow } from "./window.ts";

const Instant = z.iso.datetime();

/** A file a person handed us, read where it lies. Its content hash is part of each row's identity. */
export const FileSource = z.object({
  uri: z.string(),
  sizeBytes: z.int().nonnegative(),
  sha256: z.string(),
});
export type FileSource = z.infer<typeof FileSource>;

/** The pipeline of runs that build models somebody chose. No file of `config/pipelines` has this name. */
export const MODELS_PIPELINE = "models";

/** Why and by whom a run was asked for: the audit trail, written before anything else happens. */
export const RunRequest = z.object({
  runId: z.string(),
  workspace: Slug,
  pipeline: Slug,
  window: RunWindow,
  pass: z.int().positive(),
  trigger: z.enum(["start", "cli", "backfill", "schedule", "api", "webhook", "retry", "erase"]),
  requestedBy: z.string(),
  requestedAt: Instant,
  /** 0 interactive, 5 scheduled, 10 backfill: the job priority of everything the run enqueues. */
  priority: z.int().min(0).max(100).default(0),
  source: FileSource.optional(),
  /** Only these campaigns or Canvases; absent means all. */
  objectIds: z.array(z.string()).optional(),
  /** Only these resources, and the lists they need; absent means all. */
  resources: z.array(Slug).optional(),
  /** Reads every day of the window, also those that had closed when they landed. A backfill always does. */
  full: z.boolean().optional(),
  /** Planned, then held until a control says `go`: somebody wants to see the quote first. */
  hold: z.boolean().optional(),
  /** The settled run whose missing work this pass does; its landed parts count as this run's. */
  reopens: z.string().optional(),
  /** A run of nothing but these models: it reads no source and judges no experiment. Its pipeline is `MODELS_PIPELINE`. */
  models: z
    .object({
      select: z.array(z.string()).min(1),
      /** Everything from scratch, also what is up to date. */
      fullRefresh: z.boolean().optional(),
      /** Asks the tests of the tables as they stand; builds and publishes none of them. */
      testOnly: z.boolean().optional(),
      /** Of these somebody has released dropped columns and changed types: they are published whatever the policy says. */
      acceptSchema: z.array(z.string()).optional(),
    })
    .optional(),
});
export type RunRequest = z.infer<typeof RunRequest>;

/** One piece of extraction: one job, one manifest. */
export const PlannedPart = z.object({
  part: z.string(),
  resource: Slug,
  /** The rate-limit bucket, hence the queue. */
  bucket: Slug,
  objectId: z.string().optional(),
  objectName: z.string().optional(),
  window: RunWindow.optional(),
  /** Finished days of this object that the source may still restate; absent means the resource's own. */
  lookbackDays: z.int().nonnegative().optional(),
});
export type PlannedPart = z.infer<typeof PlannedPart>;

export const RunPlan = z.object({
  runId: z.string(),
  plannedAt: Instant,
  /** Every part of the run, those the plan job landed itself (lists, details) included. */
  parts: z.array(PlannedPart),
});
export type RunPlan = z.infer<typeof RunPlan>;

export const LandedFile = z.object({
  uri: z.string(),
  format: z.enum(["ndjson", "csv", "parquet", "avro"]),
  codec: z.enum(["gzip", "none"]),
  rows: z.int().nonnegative().nullable(),
  sizeBytes: z.int().nonnegative(),
  /** Of the file's bytes, where its writer took it: a bucket's objects cannot be read again as cheaply as a file here. */
  digest: z.string().optional(),
  /** The raw table its rows belong to. */
  target: z.string(),
});
export type LandedFile = z.infer<typeof LandedFile>;

/** What one part landed. Written once, after its files are complete; identity is (run, part), not content. */
export const Manifest = z.object({
  runId: z.string(),
  part: z.string(),
  resource: Slug,
  objectId: z.string().optional(),
  window: RunWindow.optional(),
  landedAt: Instant,
  files: z.array(LandedFile),
  rows: z.int().nonnegative().nullable(),
  rejected: z.int().nonnegative(),
  /** The bucket its calls counted against, and how many it took. */
  bucket: Slug.optional(),
  calls: z.int().nonnegative().optional(),
  /** The day it was at the source, in its zone, when it was asked. */
  sourceDate: CalendarDate.optional(),
  /** Finished days that could still be restated: days before `sourceDate` less these were closed when they landed. */
  lookbackDays: z.int().nonnegative().optional(),
  /** Days of the window that the answer left out. They have not landed. */
  missingDays: z.array(CalendarDate).optional(),
  /** Fields of the answers that no schema knows, each once, with the kind of value they first had. They landed in JSON columns. */
  schemaChanges: z.array(z.object({ table: z.string(), field: z.string(), type: z.string() })).optional(),
});
export type Manifest = z.infer<typeof Manifest>;

export const LoadReceipt = z.object({
  loadId: z.string(),
  runId: z.string(),
  resource: Slug,
  loadedAt: Instant,
  tables: z.array(z.object({ table: z.string(), rows: z.int().nonnegative() })),
  files: z.int().nonnegative(),
  rejected: z.int().nonnegative(),
  /** The parts whose files were loaded: what landed later is not among them, and the next pass takes it up. */
  parts: z.array(z.string()),
});
export type LoadReceipt = z.infer<typeof LoadReceipt>;

/**
 * That rows of our own making (results, verdicts, checks, what tests found) have landed for a raw table: from these a warehouse that
 * was thrown away gets back what no source can say again. They are no resource of the run, so they are no load of it either.
 */
export const OwnRows = z.object({
  runId: z.string(),
  /** Names its load id, as a resource does. */
  resource: z.string(),
  landedAt: Instant,
  file: LandedFile,
});
export type OwnRows = z.infer<typeof OwnRows>;

/** A stage after loading that is done: `transform`, `evaluate-<n>`, `publish`; of a run of models also `model-<name>` for each. */
export const StageReceipt = z.object({
  runId: z.string(),
  stage: z.string(),
  finishedAt: Instant,
  /** transform: rows of a file whose values do not cast. */
  rejectedRows: z.int().nonnegative().optional(),
  /** transform: the lists of experiments that evaluate jobs carry. */
  experimentBatches: z.array(z.array(z.string())).optional(),
  /** What a person would like to know: tables built, rows, milliseconds. */
  summary: z.record(z.string(), z.unknown()).optional(),
});
export type StageReceipt = z.infer<typeof StageReceipt>;

/** A job that will not be tried again by itself, with its reason, until someone decides. */
export const DeadLetter = z.object({
  runId: z.string(),
  /** The key of `workKey`: which piece of the run. */
  work: z.string(),
  queue: z.string(),
  jobId: z.string(),
  resource: z.string().optional(),
  objectId: z.string().optional(),
  objectName: z.string().optional(),
  code: z.string(),
  message: z.string(),
  failedAt: Instant,
});
export type DeadLetter = z.infer<typeof DeadLetter>;

export const RunStatus = z.enum(["complete", "partial", "failed"]);
export type RunStatus = z.infer<typeof RunStatus>;

/** The end of a run: written last, once. */
export const SettledRun = z.object({
  runId: z.string(),
  status: RunStatus,
  settledAt: Instant,
  landedParts: z.int().nonnegative(),
  loadedRows: z.int().nonnegative(),
  rejectedRows: z.int().nonnegative(),
  /** What this run lacks, and why. */
  missing: z.array(DeadLetter),
});
export type SettledRun = z.infer<typeof SettledRun>;

export const RunControl = z.object({
  runId: z.string(),
  /** `held`: planned and no further. `paused`: nothing new is begun. `cancelled`: ends with what has landed. */
  state: z.enum(["go", "held", "paused", "cancelled"]),
  changedBy: z.string(),
  changedAt: Instant,
});
/** What somebody wants of a run that has not settled. The latest counts. */
export type RunControl = z.infer<typeof RunControl>;

/** A piece of missing work that somebody has decided to do without. */
export const DroppedWork = z.object({
  runId: z.string(),
  work: z.string(),
  droppedBy: z.string(),
  droppedAt: Instant,
});
export type DroppedWork = z.infer<typeof DroppedWork>;

/** Calls that the source refused because a limit was reached, as one process counted them in one UTC hour. The latest count counts. */
export const RefusedCalls = z.object({
  workspace: Slug,
  bucket: Slug,
  /** `2026-06-30T12` */
  hour: z.string(),
  /** A name that this process alone has. */
  process: Slug,
  calls: z.int().positive(),
});
export type RefusedCalls = z.infer<typeof RefusedCalls>;

/** What a person's rows are recognised by. */
export const Needles = z.object({
  /** Values as they may stand in a row: the identifiers, and their hashes. */
  exact: z.array(z.string()),
  /** E-mail addresses in lower case, which are the same in any case. */
  anyCase: z.array(z.string()),
});
export type Needles = z.infer<typeof Needles>;

/** That somebody had a person's rows removed, and how far that has come. Who the person was does not stand in it once it is done. */
export const Erasure = z.object({
  id: Slug,
  requestedBy: z.string(),
  requestedAt: Instant,
  /** How many identifiers were given. */
  identifiers: z.int().positive(),
  /** Until it is done. */
  needles: Needles.optional(),
  /** Rows taken out of landed parts, and the parts they were in. */
  landed: z.object({ files: z.int().nonnegative(), rows: z.int().nonnegative() }).optional(),
  /** The run that took them out of the warehouse. */
  runId: z.string().optional(),
  /** Rows taken out of each raw table. */
  tables: z.record(z.string(), z.int().nonnegative()).optional(),
  doneAt: Instant.optional(),
});
export type Erasure = z.infer<typeof Erasure>;

/** Half-open days, ascending and apart. */
const DayRanges = z.array(z.tuple([CalendarDate, CalendarDate]));

/**
 * What settled runs of one workspace and pipeline have landed, in short: a cache, made again from manifests when it is
 * gone. `days` by resource and object (`""` for a resource without objects).
 */
export const Coverage = z.object({
  v: z.literal(1),
  /** Runs whose manifests are in. */
  runs: z.array(z.string()),
  days: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        /** Landed after they had closed: never asked for again. */
        closed: DayRanges,
        /** Landed while they could still change. */
        unsettled: DayRanges,
      }),
    ),
  ),
  /** What a resource brought so far: the base of estimates. */
  volume: z.record(
    z.string(),
    z.object({ calls: z.number(), days: z.number(), rows: z.number(), bytes: z.number() }),
  ),
  /** Answered calls by bucket and UTC hour (`2026-06-30T12`). */
  calls: z.record(z.string(), z.record(z.string(), z.number())),
});
export type Coverage = z.infer<typeof Coverage>;
