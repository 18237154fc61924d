import type { Decision } from "@lifecycle/stats";
import type { Warehouse } from "@lifecycle/warehouse";
import { MAX_ROWS, toNumber } from "./rows.ts";
import { DECISION_ORDER, type Said, saidQuery, tallyVerdicts } from "./tally.ts";
import { lacksControl } from "./words.ts";

/** What one programme type did, summed over all days held. A counter nobody reports is null. */
export interface ActivityTotals {
  objects: number;
  days: number;
  first_date: string | null;
  last_date: string | null;
  /** Zone of the dates. */
  time_zone: "company";
  totals: Record<string, number | null>;
}

/** `output/lifecycle_metrics.json`, schema_version 2; the README of this package documents each field. */
export interface LifecycleMetrics {
  schema_version: 2;
  generated_at: string;
  workspaces: Record<string, WorkspaceMetrics>;
}

export interface WorkspaceMetrics {
  campaigns: ActivityTotals | null;
  canvases: ActivityTotals | null;
  /** Of the last day held (UTC). */
  active_users: { activity_date: string; dau: number; wau: number; mau: number } | null;
  events_by_type: Record<string, number>;
  experiments: ExperimentTotals;
  freshness: Freshness[];
}

/** What is said now of every experiment: the counts that `lifecycle experiments list` and the pages show. */
export interface ExperimentTotals {
  experiments: number;
  /** Arms compared with a control, by what to do about them; an experiment without a control counts once, as `invalid`. */
  decisions: Record<Decision, number>;
  /** How many of `decisions.invalid` are experiments without a control. */
  without_control: number;
}

export interface Freshness {
  table: string;
  newest_date: string | null;
  days_open: number;
  days_settling: number;
  days_closed: number;
  last_extracted_at: string | null;
}

const CAMPAIGN_TOTALS = [
  "sent",
  "delivered",
  "opens",
  "unique_opens",
  "machine_opens",
  "clicks",
  "unique_clicks",
  "bounces",
  "unsubscribes",
  "enrolled",
  "unique_recipients",
  "conversions",
  "conversions_by_send_time",
  "revenue",
] as const;
const CANVAS_TOTALS = ["entries", "conversions", "conversions_by_entry_time", "revenue"] as const;

/** One query per part of the file, over published tables, in SQL that both engines take as it is. */
export function lifecycleMetricsQueries(published: string) {
  const activity = (table: string, id: string, totals: readonly string[]) =>
    `SELECT workspace, COUNT(DISTINCT ${id}) AS objects, COUNT(DISTINCT activity_date) AS days, MIN(activity_date) AS first_date, MAX(activity_date) AS last_date, ${totals.map((name) => `SUM(${name}) AS ${name}`).join(", ")} FROM ${published}.${table} GROUP BY workspace ORDER BY workspace`;
  return {
    campaigns: activity("agg_campaign_daily", "campaign_id", CAMPAIGN_TOTALS),
    canvases: activity("agg_canvas_daily", "canvas_id", CANVAS_TOTALS),
    activeUsers: `SELECT workspace, activity_date, dau, wau, mau FROM ${published}.agg_active_users_daily QUALIFY ROW_NUMBER() OVER (PARTITION BY workspace ORDER BY activity_date DESC) = 1 ORDER BY workspace`,
    eventTypes: `SELECT workspace, event_type, event_count FROM ${published}.agg_event_type ORDER BY workspace, event_type`,
    experiments: saidQuery(published),
    freshness: `SELECT workspace, table_name, newest_date, days_open, days_settling, days_closed, last_extracted_at FROM ${published}.ops_freshness ORDER BY workspace, table_name`,
  };
}

export type LifecycleMetricsPart = keyof ReturnType<typeof lifecycleMetricsQueries>;
type Row = Readonly<Record<string, unknown>>;
export type LifecycleMetricsRows = Readonly<Record<LifecycleMetricsPart, readonly Row[]>>;

/** The published table that each part reads. */
const TABLES: Record<LifecycleMetricsPart, string> = {
  campaigns: "agg_campaign_daily",
  canvases: "agg_canvas_daily",
  activeUsers: "agg_active_users_daily",
  eventTypes: "agg_event_type",
  experiments: "exp_verdict_history",
  freshness: "ops_freshness",
};

/** Runs the queries on what is published now and puts the file together; what is not published has no part in it. */
export async function readLifecycleMetrics(
  warehouse: Pick<Warehouse, "datasets" | "query">,
  now: Date,
  isPublished: (table: string) => boolean = () => true,
): Promise<LifecycleMetrics> {
  const parts = Object.entries(lifecycleMetricsQueries(warehouse.datasets.published));
  const answers: [string, Row[]][] = [];
  for (const [part, sql] of parts) {
    if (!isPublished(TABLES[part as LifecycleMetricsPart])) {
      answers.push([part, []]);
      continue;
    }
    const { columns, rows } = await warehouse.query(sql, { maxRows: MAX_ROWS });
    answers.push([
      part,
      rows.map((row) => Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? null]))),
    ]);
  }
  return lifecycleMetrics(Object.fromEntries(answers) as Record<LifecycleMetricsPart, Row[]>, now);
}

/** Pure: the answers of `lifecycleMetricsQueries`, as objects by column name, become the file's content. */
export function lifecycleMetrics(rows: LifecycleMetricsRows, generatedAt: Date): LifecycleMetrics {
  const names = Object.values(rows).flatMap((part) => part.map((row) => String(row.workspace)));
  const workspaces = [...new Set(names)].sort().map((workspace): [string, WorkspaceMetrics] => {
    const of = (part: LifecycleMetricsPart) => rows[part].filter((row) => row.workspace === workspace);
    return [workspace, workspaceMetrics(of)];
  });
  return {
    schema_version: 2,
    generated_at: generatedAt.toISOString(),
    workspaces: Object.fromEntries(workspaces),
  };
}

function workspaceMetrics(of: (part: LifecycleMetricsPart) => readonly Row[]): WorkspaceMetrics {
  const active = of("activeUsers")[0];
  return {
    campaigns: activityTotals(of("campaigns")[0], CAMPAIGN_TOTALS),
    canvases: activityTotals(of("canvases")[0], CANVAS_TOTALS),
    active_users: active
      ? {
          activity_date: String(active.activity_date),
          dau: count(active.dau),
          wau: count(active.wau),
          mau: count(active.mau),
        }
      : null,
    events_by_type: Object.fromEntries(
      of("eventTypes").map((row) => [String(row.event_type), count(row.event_count)]),
    ),
    experiments: experimentTotals(of("experiments") as unknown as Said[]),
    freshness: of("freshness").map((row) => ({
      table: String(row.table_name),
      newest_date: text(row.newest_date),
      days_open: count(row.days_open),
      days_settling: count(row.days_settling),
      days_closed: count(row.days_closed),
      last_extracted_at: text(row.last_extracted_at),
    })),
  };
}

function experimentTotals(said: readonly Said[]): ExperimentTotals {
  const tally = tallyVerdicts(said);
  const armsOf = (wanted: Decision) =>
    tally.filter(({ decision }) => decision === wanted).reduce((sum, { arms }) => sum + arms, 0);
  const decisions = Object.fromEntries(DECISION_ORDER.map((decision) => [decision, armsOf(decision)]));
  return {
    experiments: new Set(said.map(({ experiment_id }) => experiment_id)).size,
    decisions: decisions as Record<Decision, number>,
    without_control: said.filter(lacksControl).length,
  };
}

function activityTotals(row: Row | undefined, totals: readonly string[]): ActivityTotals | null {
  if (!row) return null;
  return {
    objects: count(row.objects),
    days: count(row.days),
    first_date: text(row.first_date),
    last_date: text(row.last_date),
    time_zone: "company",
    totals: Object.fromEntries(totals.map((name) => [name, toNumber(row[name])])),
  };
}

/** A count that an absent row leaves at none. */
function count(value: unknown): number {
  return toNumber(value) ?? 0;
}

function text(value: unknown): string | null {
  return value == null ? null : String(value);
}
