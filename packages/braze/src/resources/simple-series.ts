import type { TableContract } from "@lifecycle/contracts";
import { z } from "zod";
import { eachDay } from "../decode/day-rows.ts";
import { decimal, whole } from "../decode/lenient.ts";
import { isObject, RowSink, unknownFields } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";

/** A series of one number a day. */
export function seriesRows(series: {
  table: TableContract;
  key: readonly string[];
  /** The number in a day row, and the column it goes to. */
  field: string;
  column: string;
  kind?: "whole" | "decimal";
  /** What else identifies a row: the object asked for, or a constant. */
  about: (context: RowContext) => Record<string, unknown>;
}): Resource["toRows"] {
  const { table } = series.table;
  const known = new Set(["time", series.field]);
  const schema = z
    .object({ [series.field]: series.kind === "decimal" ? decimal() : whole() })
    .transform((row) => ({ [series.column]: row[series.field] ?? null }));
  return (body, context) => {
    if (!isObject(body) || !Array.isArray(body.data))
      return RowSink.unexpected("data: expected a list of days");
    const sink = new RowSink();
    eachDay(sink, table, body.data, context, (day, activity_date) => {
      const extra = { ...series.about(context), activity_date, extra: unknownFields(day, known) };
      sink.add(table, day, schema, extra, series.key);
    });
    return sink.done();
  };
}
