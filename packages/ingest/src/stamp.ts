import {
  type DataState,
  type DayWindow,
  dataState,
  loadId,
  type RunRequest,
  type RunWindow,
} from "@lifecycle/contracts";

export interface StampContext {
  request: RunRequest;
  resource: string;
  window: RunWindow | undefined;
  /** The day at the source, in its zone: what decides whether a day's numbers can still change. */
  today: string;
  lookbackDays: number;
  extractedAt: Date;
}

/**
 * Makes rows into lines to be landed: their JSON with what every raw row carries (contracts `stampColumns`) behind it. A row without a
 * day (metadata) is `open`: the next look may find it changed. The stamps are put into text once, not per row.
 */
export function createStamper(context: StampContext): (row: Record<string, unknown>) => string {
  const window = dayWindow(context.window ?? context.request.window);
  const stampsIn = (state: DataState) =>
    JSON.stringify({
      workspace: context.request.workspace,
      window_from: window?.from ?? null,
      window_until: window?.until ?? null,
      pass: context.request.pass,
      data_state: state,
      _run_id: context.request.runId,
      _load_id: loadId(context.request.runId, context.resource),
      _extracted_at: context.extractedAt.toISOString(),
    });
  const stamps = { open: stampsIn("open"), settling: stampsIn("settling"), closed: stampsIn("closed") };
  return (row) => {
    const date = row.activity_date;
    const state = typeof date === "string" ? dataState(date, context.today, context.lookbackDays) : "open";
    return joined(JSON.stringify(row), stamps[state]);
  };
}

/** One object out of two, each as JSON; the second has members. */
function joined(first: string, second: string): string {
  return first === "{}" ? second : `${first.slice(0, -1)},${second.slice(1)}`;
}

function dayWindow(window: RunWindow): DayWindow | undefined {
  return window === "all" ? undefined : window;
}
