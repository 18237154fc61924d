import type { ColumnType, TableContract } from "@lifecycle/contracts";
import { z } from "zod";
import { eachDay, eachHour } from "../decode/day-rows.ts";
import { decimal, whole } from "../decode/lenient.ts";
import { isObject, RowSink } from "../decode/row-sink.ts";
import type { Resource } from "../resource.ts";
import { rawTable } from "./columns.ts";

type About = Pick<Resource, "slug" | "path" | "scope" | "bucket" | "lookbackDays"> &
  Partial<Pick<Resource, "params" | "parent" | "parentFlag" | "idParam" | "narrows">>;

export interface NumberSeries extends About {
  /** Tables are `<table>_daily` and `<table>_hourly`. */
  table: string;
  /** The column that says which object, or which of several series in one table. */
  subject?: string;
  /** The value of `subject` where it is no object's id. */
  subjectIs?: string;
  /** The number in a row of the answer, and the column it goes to. */
  field: string;
  column: string;
  kind?: "whole" | "decimal";
  isHourly?: boolean;
}

/** 97 hours at most, where the clocks change: below the documented 100. */
const HOURLY_DAYS = 4;

/**
 * A series of one number a day, or an hour. Where it can be narrowed to an app or a segment, rows say to which: null for all
 * apps and everybody.
 */
export function numberSeries(series: NumberSeries): Resource {
  const daily = oneSeries(series, "daily");
  return series.isHourly ? { ...daily, hourly: oneSeries(series, "hourly") } : daily;
}

const tables = new Map<string, TableContract>();

function tableOf({ table, subject, column, kind, narrows }: NumberSeries, by: "daily" | "hourly") {
  const name = `${table}_${by}`;
  const columns: (readonly [string, ColumnType])[] = [
    ...(subject ? [[subject, "STRING"] as const] : []),
    ...(narrows?.includes("app") ? [["app_id", "STRING"] as const] : []),
    ...(narrows?.includes("segment") ? [["segment_id", "STRING"] as const] : []),
    ["activity_date", "DATE"],
    ...(by === "hourly" ? [["activity_hour", "TIMESTAMP"] as const] : []),
    [column, kind === "decimal" ? "NUMERIC" : "INT64"],
    ["extra", "JSON"],
  ];
  const contract =
    tables.get(name) ?? rawTable(name, [...(subject ? [subject] : []), "activity_date"], columns);
  tables.set(name, contract);
  return contract;
}

function oneSeries(series: NumberSeries, by: "daily" | "hourly"): Resource {
  const contract = tableOf(series, by);
  const names = new Set(contract.columns.map(({ name }) => name));
  const key = [
    series.subject ?? "",
    "app_id",
    "segment_id",
    by === "daily" ? "activity_date" : "activity_hour",
  ];
  const own = key.filter((name) => names.has(name));
  const { slug, path, scope, bucket, lookbackDays, params, parent, parentFlag, idParam, narrows } = series;
  return {
    slug: by === "daily" ? slug : `${slug}-hourly`,
    path,
    scope,
    bucket,
    paging: { style: "none" },
    params: { ...(series.isHourly && by === "daily" ? { unit: "day" } : {}), ...params },
    ...(parent ? { parent } : {}),
    ...(parentFlag ? { parentFlag } : {}),
    ...(idParam ? { idParam } : {}),
    ...(narrows ? { narrows } : {}),
    window: by === "daily" ? { maxDays: 100 } : { maxDays: HOURLY_DAYS, as: "hours" },
    lookbackDays,
    keys: { [contract.table]: own },
    targets: [contract],
    toRows: rowsOf(series, contract.table, own, by),
  };
}

function rowsOf(
  series: NumberSeries,
  table: string,
  key: readonly string[],
  by: "daily" | "hourly",
): Resource["toRows"] {
  const { subject, subjectIs, narrows, field, column } = series;
  const known = new Set(["time", field]);
  const schema = z
    .object({ [field]: series.kind === "decimal" ? decimal() : whole() })
    .transform((row) => ({ [column]: row[field] ?? null }));
  return (body, context) => {
    if (!isObject(body) || !Array.isArray(body.data))
      return RowSink.unexpected("data: expected a list of days");
    const sink = new RowSink();
    const about = {
      ...(subject ? { [subject]: subjectIs ?? context.objectId ?? "" } : {}),
      ...(narrows?.includes("app") ? { app_id: context.slice?.appId ?? null } : {}),
      ...(narrows?.includes("segment") ? { segment_id: context.slice?.segmentId ?? null } : {}),
    };
    const add = (row: Record<string, unknown>, when: Record<string, unknown>) => {
      const extra = sink.unknown(table, row, known);
      sink.add(table, row, schema, { ...about, ...when, extra }, key);
    };
    if (by === "daily")
      eachDay(sink, table, body.data, context, (row, activity_date) => add(row, { activity_date }));
    else
      eachHour(sink, table, body.data, context, (row, activity_hour, activity_date) =>
        add(row, { activity_date, activity_hour }),
      );
    return sink.done();
  };
}
