import { RetryableError } from "@lifecycle/contracts";
import type { Logger } from "@lifecycle/runtime";
import type { RejectedRow, RowsOutcome, SchemaChange, TargetRow } from "./decode/row-sink.ts";
import { describe } from "./http/outcome.ts";
import type { Wanted } from "./query.ts";
import type { Resource } from "./resource.ts";

/** What one answer became. */
export interface SplitAnswer {
  rows: TargetRow[];
  rejected: RejectedRow[];
  outsideWindow: number;
  missingDays: string[];
  /** Fields that no schema knows, each once. They are kept in JSON columns. */
  schemaChanges: SchemaChange[];
  requestId: string;
}

/** Who asks, and what its rows are told of. */
export interface SplitContext {
  workspace: string;
  /** The day it is in the company time zone. */
  today: string;
  exportedSegments: readonly string[];
  logger: Logger;
}

/**
 * Splits an answer into rows and rejects, and logs what is wrong with it. Throws RetryableError `braze.unexpected_shape` when it is not
 * what the endpoint is documented to give.
 */
export function splitAnswer(
  resource: Resource,
  body: unknown,
  requestId: string,
  { objectId, window }: Wanted,
  { workspace, today, exportedSegments, logger }: SplitContext,
): SplitAnswer {
  const { slug, slice } = resource;
  const context = { objectId, window, today, slice, exportedSegments: new Set(exportedSegments) };
  const { unexpected, ...outcome } = resource.toRows(body, context);
  if (unexpected !== undefined) {
    const { path, scope, paging } = resource;
    const method = paging.style === "export" ? "POST" : "GET";
    const call = { resource: slug, method, path, scope, requestId, workspace } as const;
    const message = `${describe(call)} gave an answer of another shape: ${unexpected}`;
    throw new RetryableError("braze.unexpected_shape", message);
  }
  if (resource.isSparse) outcome.missingDays = [];
  report(logger, { workspace, resource: slug, object_id: objectId, request_id: requestId }, outcome);
  return { ...outcome, requestId };
}

function report(logger: Logger, about: object, outcome: RowsOutcome): void {
  const { rejected, missingDays, outsideWindow, schemaChanges } = outcome;
  if (rejected.length > 0 || missingDays.length > 0 || outsideWindow > 0) {
    const fields = {
      ...about,
      rejected: rejected.length,
      first_reason: rejected[0]?.reason,
      missing_days: missingDays,
      outside_window: outsideWindow,
    };
    logger.warn(fields, "an answer of Braze has rows set aside or days missing");
  }
  if (schemaChanges.length > 0)
    logger.warn(
      { ...about, schema_changes: schemaChanges },
      "an answer of Braze has fields that are new to us",
    );
}

/** An answer whose lists are empty: what a repeated page adds. */
export function emptied(body: unknown): unknown {
  if (typeof body !== "object" || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [name, Array.isArray(value) ? [] : value]),
  );
}
