import { type DayWindow, dataState, loadId, type RunRequest, type RunWindow } from "@lifecycle/contracts";

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
 * Adds to a row what every raw row carries (contracts `stampColumns`). A row without a day (metadata) is `open`: the next
 * look may find it changed.
 */
export function stamp(row: Record<string, unknown>, context: StampContext): Record<string, unknown> {
  const date = row.activity_date;
  const window = dayWindow(context.window ?? context.request.window);
  return {
    ...row,
    workspace: context.request.workspace,
    window_from: window?.from ?? null,
    window_until: window?.until ?? null,
    pass: context.request.pass,
    data_state: typeof date === "string" ? dataState(date, context.today, context.lookbackDays) : "open",
    _run_id: context.request.runId,
    _load_id: loadId(context.request.runId, context.resource),
    _extracted_at: context.extractedAt.toISOString(),
  };
}

function dayWindow(window: RunWindow): DayWindow | undefined {
  return window === "all" ? undefined : window;
}
