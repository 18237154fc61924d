import { z } from "zod";
import { Slug } from "./ids.ts";
import { RunWindow } from "./window.ts";

const Instant = z.iso.datetime();

/** A file a person handed us, read where it lies. Its content hash is part of each row's identity. */
export const FileSource = z.object({
  uri: z.string(),
  sizeBytes: z.int().nonnegative(),
  sha256: z.string(),
});
export type FileSource = z.infer<typeof FileSource>;

/** Why and by whom a run was asked for: the audit trail, written before anything else happens. */
export const RunRequest = z.object({
  runId: z.string(),
  workspace: Slug,
  pipeline: Slug,
  window: RunWindow,
  pass: z.int().positive(),
  trigger: z.enum(["start", "cli", "backfill", "schedule", "api", "webhook", "retry"]),
  requestedBy: z.string(),
  requestedAt: Instant,
  /** 0 interactive, 5 scheduled, 10 backfill: the job priority of everything the run enqueues. */
  priority: z.int().min(0).max(100).default(0),
  source: FileSource.optional(),
  /** Only these campaigns or Canvases; absent means all. */
  objectIds: z.array(z.string()).optional(),
  /** The settled run whose missing work this pass does; its landed parts count as this run's. */
  reopens: z.string().optional(),
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
});
export type LoadReceipt = z.infer<typeof LoadReceipt>;

/** A stage after loading that is done: `transform`, `evaluate-<n>`, `publish`. */
export const StageReceipt = z.object({
  runId: z.string(),
  stage: z.string(),
  finishedAt: Instant,
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
