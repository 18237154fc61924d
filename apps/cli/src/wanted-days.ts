import {
  addDays,
  CalendarDate,
  DayWindow,
  daysBetween,
  InputError,
  type PipelineConfig,
} from "@lifecycle/contracts";

/** What a command line says of the days and the file to read. */
export interface ReadFlags {
  file?: string;
  from?: string;
  to?: string;
  full?: boolean;
}

/** No source keeps more; a slip of the finger in a year must not plan for centuries. */
const MAX_DAYS = 3_660;

/** `--from` and `--to`, the latter included, as a half-open window; undefined when neither is given. Throws `InputError run.*`. */
export function windowOf(flags: Pick<ReadFlags, "from" | "to">): DayWindow | undefined {
  const { from, to } = flags;
  if (from === undefined && to === undefined) return undefined;
  const last = CalendarDate.safeParse(to);
  const parsed = DayWindow.safeParse({ from, until: last.success ? addDays(last.data, 1) : undefined });
  if (!parsed.success)
    throw new InputError(
      "run.bad_window",
      `--from ${from ?? "?"} --to ${to ?? "?"} are not two days in order: expected YYYY-MM-DD, the last day included.`,
    );
  if (daysBetween(parsed.data.from, parsed.data.until) > MAX_DAYS)
    throw new InputError("run.window_too_long", `${from} to ${to} is more than ${MAX_DAYS} days.`);
  return parsed.data;
}

/** Throws `run.in_future` for days that have not begun in the workspace's zone, where `today` is a day. */
export function mustHaveBegun({ until }: DayWindow, today: string): void {
  const last = addDays(until, -1);
  if (last > today)
    throw new InputError("run.in_future", `${last} has not begun: today is ${today} in the workspace.`);
}

/** Throws `backfill.not_past` for days that are not over: those are read by every run. */
export function mustBePast({ until }: DayWindow, today: string): void {
  const last = addDays(until, -1);
  if (last >= today)
    throw new InputError(
      "backfill.not_past",
      `${last} is not before today, ${today} in the workspace. A backfill reads days that are over; today is read by \`lifecycle run braze\`.`,
    );
}

/** Refuses what a pipeline of this kind would pass over. Throws `run.not_for_files` and `run.no_file_wanted`. */
export function mustFit(pipeline: PipelineConfig, flags: ReadFlags): void {
  const { name, kind } = pipeline;
  if (kind !== "file") {
    if (flags.file === undefined) return;
    throw new InputError("run.no_file_wanted", `${name} reads no file: leave --file out.`);
  }
  const given = (["from", "to", "full"] as const).filter((flag) => flags[flag] !== undefined);
  if (given.length > 0)
    throw new InputError(
      "run.not_for_files",
      `${name} reads a file, and always all of it: leave ${given.map((flag) => `--${flag}`).join(" and ")} out.`,
    );
}
