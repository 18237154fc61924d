import { join } from "node:path";
import { rawFileTable } from "@lifecycle/contracts";
import { loadPipelines } from "@lifecycle/runtime";
import type { CompiledProject } from "@lifecycle/transform";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { PartsOf } from "./engines.ts";
import { acts, compiledFor, dice, Parts } from "./parts.ts";

const root = join(import.meta.dirname, "../../..");
const pipelines = loadPipelines({ pipelines: { path: join(root, "config/pipelines") }, root });
const pipeline = pipelines.get("event-stream");
if (pipeline?.kind !== "file") throw new Error("event-stream is no pipeline of files");
const TABLE = rawFileTable(pipeline);
const DAYS = 60;

const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n)).toISOString().slice(0, 10);

/** An event of a file: its day counted from 2026-01-01, who did what. A day of null is text that is no instant. */
interface Event {
  day: number | null;
  user: string;
  type: string;
}

/** One file as it was read: half-open days of its window, `all` without. */
interface File {
  workspace: string;
  window: [from: number, until: number] | "all";
  /** When it was read, and which try at its window that was. */
  minute: number;
  pass: number;
  loadId: string;
  events: Event[];
}

function rowsOf({ workspace, window, minute, pass, loadId, events }: File): object[] {
  const [from, until] = window === "all" ? [null, null] : window.map(day);
  return events.map((event, index) => ({
    event_time:
      event.day === null ? "yesterday" : `${day(event.day)} ${String(index % 24).padStart(2, "0")}:30:00`,
    user_id: event.user,
    event_type: event.type,
    _row_number: index + 1,
    _source_sha256: `sha-${loadId}`,
    workspace,
    data_state: "closed",
    window_from: from,
    window_until: until,
    pass,
    _run_id: `run-${loadId}`,
    _extracted_at: new Date(Date.UTC(2026, 5, 1, 0, minute)).toISOString(),
  }));
}

const covers = ({ window }: File, on: number) => window === "all" || (window[0] <= on && on < window[1]);

/** The events that count: of each day, those of the file that was read last among those whose window covers it. */
function counted(files: readonly File[]): (Event & { workspace: string; day: number })[] {
  const newestFirst = files.toSorted(
    (a, b) => b.minute - a.minute || b.pass - a.pass || (b.loadId < a.loadId ? -1 : 1),
  );
  return files.flatMap((file) =>
    file.events.flatMap((event) => {
      const on = event.day;
      if (on === null || !covers(file, on)) return [];
      const owner = newestFirst.find((other) => other.workspace === file.workspace && covers(other, on));
      return owner === file ? [{ ...event, workspace: file.workspace, day: on }] : [];
    }),
  );
}

/** What the two published tables must hold, counted without SQL. */
function expected(files: readonly File[]) {
  const events = counted(files);
  const active: unknown[][] = [];
  for (const workspace of new Set(events.map((event) => event.workspace))) {
    const own = events.filter((event) => event.workspace === workspace);
    const on = own.map((event) => event.day);
    const [first, last] = [Math.min(...on), Math.max(...on)];
    for (let d = first; d <= last; d++) {
      const users = (days: number) =>
        new Set(own.filter((event) => event.day <= d && event.day > d - days).map(({ user }) => user)).size;
      if (users(30) > 0) active.push([workspace, day(d), users(1), users(7), users(30), d - first + 1]);
    }
  }
  const types = new Map<string, Event[]>();
  for (const event of events) {
    const key = `${event.workspace} ${event.type}`;
    types.set(key, [...(types.get(key) ?? []), event]);
  }
  const byType = [...types].map(([key, of]) => [key, of.length, new Set(of.map(({ user }) => user)).size]);
  return { active: active.map(String).toSorted(), byType: byType.map(String).toSorted() };
}

/** What holds of the event stream's models, on the engine given, whatever comes in whatever order. */
export function describeEventStream(of: PartsOf): void {
  let project: CompiledProject;
  let parts: Parts;

  beforeAll(async () => {
    project = await compiledFor(of.engine);
  });
  beforeEach(async () => {
    parts = await Parts.open(of, project, [TABLE], "+agg_active_users_daily +agg_event_type");
  });
  afterEach(() => parts.close());

  const load = (file: File) => parts.load(TABLE.table, file.loadId, rowsOf(file));

  async function published() {
    const { build } = parts.warehouse.datasets;
    const texts = async (sql: string) =>
      (await parts.warehouse.query(sql)).rows.map((row) => row.map(String).join()).toSorted();
    return {
      active: await texts(
        `SELECT workspace, CAST(activity_date AS STRING) AS d, dau, wau, mau, days_observed FROM ${build}.agg_active_users_daily`,
      ),
      byType: await texts(
        `SELECT CONCAT(workspace, ' ', event_type) AS k, event_count, user_count FROM ${build}.agg_event_type`,
      ),
    };
  }

  const at = (from: number, until: number, more: Partial<File> = {}): File => ({
    workspace: "main",
    window: [from, until],
    minute: 0,
    pass: 1,
    loadId: `l${from}-${until}`,
    events: Array.from({ length: until - from }, (_, n) => ({
      day: from + n,
      user: `u${n % 7}`,
      type: "like",
    })),
    ...more,
  });

  test.each(of.seeds)(
    "gives the rows of a full build, and of a count without SQL, after any sequence of files, seed %i",
    async (seed) => {
      const roll = dice(seed);
      const files: File[] = [];
      let minute = 100;
      const events = (from: number, until: number, most: number): Event[] =>
        Array.from({ length: 1 + roll(most) }, () => ({
          day: roll(12) === 0 ? (roll(2) === 0 ? null : until + roll(3)) : from + roll(until - from),
          user: `u${roll(9)}`,
          type: roll(2) === 0 ? "like" : "share",
        }));
      const next = (window: File["window"], given: Event[], more: Partial<File> = {}): File => ({
        workspace: roll(5) === 0 ? "other" : "main",
        window,
        minute: ++minute,
        pass: 1,
        loadId: `l${files.length}-${roll(1_000)}`,
        events: given,
        ...more,
      });
      const moved = (list: readonly Event[], until: number): Event[] =>
        list.map((event) => (roll(4) === 0 ? { ...event, day: roll(until) } : event));
      const steps: (() => File)[] = [
        () => {
          const from = roll(DAYS - 6);
          return next([from, from + 1 + roll(6)], events(from, from + 3, 25));
        },
        () => {
          const from = roll(DAYS); // One day, late or new.
          return next([from, from + 1], events(from, from + 1, 6));
        },
        () => next([0, DAYS], events(0, DAYS, 120)),
        () => next("all", events(0, DAYS, 30)),
        // Read long before what is there, loaded after it.
        () => next([0, 20 + roll(DAYS - 20)], events(0, 20, 40), { minute: roll(100) }),
        // A file again: as it was, with fewer rows, or with some of them on other days.
        ...["same", "fewer", "moved"].map((how) => () => {
          const file = files[roll(files.length)]!;
          const { workspace, window, pass } = file;
          const until = window === "all" ? DAYS : window[1];
          const rows = {
            same: file.events,
            fewer: file.events.slice(0, 1),
            moved: moved(file.events, until),
          };
          return next(window, rows[how as keyof typeof rows], { workspace, pass: pass + 1 });
        }),
      ];
      files.push(next([0, 40], events(0, 40, 150), { workspace: "main" }));
      const actions: Record<string, number> = {};
      for (let step = 0; step < of.steps * 3; step++) {
        if (step > 0 && roll(15) === 0) {
          const again = files[roll(files.length)]!; // Its load comes again with other rows.
          again.events = moved(again.events, DAYS).slice(0, 5);
          await load(again);
        } else {
          if (step > 0) files.push(steps[roll(steps.length)]!());
          await load(files.at(-1)!);
        }
        // Now and then two files wait for one build.
        if (step > 0 && roll(5) === 0) continue;
        const outcomes = await parts.run();
        expect(outcomes.filter(({ status }) => status === "failed" || status === "blocked")).toEqual([]);
        for (const { name, action } of outcomes)
          actions[`${name} ${action}`] = (actions[`${name} ${action}`] ?? 0) + 1;
        expect({ step, differing: await parts.differences() }).toEqual({ step, differing: {} });
        expect({ step, ...(await published()) }).toEqual({ step, ...expected(files) });
      }
      // Otherwise nothing was shown.
      expect(actions["stg_event_stream__event partitions"]).toBeGreaterThan(1);
      expect(actions["stg_event_stream__load_day merge"]).toBeGreaterThan(1);
    },
  );

  describe("what is rebuilt", () => {
    const HISTORY = 90;
    const ran = async () => acts(await parts.run());
    const trailing = (from: number, days = 30) =>
      Array.from({ length: days }, (_, n) => day(from + n)).join();
    /** Days that changed hands, and the trailing windows that reach them. */
    const rebuilt = (days: string, active: string) => ({
      stg_event_stream__load_day: "merge",
      stg_event_stream__day: days,
      stg_event_stream__event: days,
      int_event_user_day: days,
      agg_active_users_daily: active,
      agg_event_type: "whole",
    });
    const late = HISTORY - 20;

    beforeEach(async () => {
      await load(at(0, HISTORY));
      await parts.run();
      expect(await ran()).toEqual({});
    });
    afterEach(async () => expect(await parts.differences()).toEqual({}));

    test("a late day: its partition, and of the trailing windows those that reach it", async () => {
      await load(at(late, late + 1, { minute: 1, events: [{ day: late, user: "late", type: "share" }] }));
      expect(await ran()).toEqual(rebuilt(day(late), trailing(late)));
    });

    test("a new day: itself, and the windows of the days to come, which have no rows yet", async () => {
      await load(at(HISTORY, HISTORY + 1, { minute: 1 }));
      expect(await ran()).toEqual({
        ...rebuilt(day(HISTORY), trailing(HISTORY)),
        int_event_calendar: day(HISTORY),
      });
    });

    test("a corrected file that moves an event and empties a day: the days of its window alone", async () => {
      const days = [late, late + 1, late + 2];
      const moved = [
        { day: late + 1, user: "u1", type: "like" },
        { day: late + 1, user: "u2", type: "like" },
      ];
      await load(at(late, late + 3, { minute: 1, events: moved }));
      expect(await ran()).toEqual(rebuilt(days.map(day).join(), trailing(late, 32)));
      expect(
        await parts.warehouse.query(
          "SELECT row_count FROM ds_build.stg_event_stream__day WHERE row_count = 0",
        ),
      ).toMatchObject({
        rows: [[0], [0]],
      });
    });

    test("a file read before the one that is there: nothing but the note of its load", async () => {
      await load(at(late, late + 5, { minute: -1 }));
      expect(await ran()).toEqual({ stg_event_stream__load_day: "merge" });
    });

    test("an earlier first day: its own day, and every day that counts from it", async () => {
      await load(at(-3, -2, { minute: 1 }));
      expect(await ran()).toEqual({ ...rebuilt(day(-3), "whole"), int_event_calendar: "whole" });
    });

    test("a load that comes again with other rows, as many of each day: all of what read it", async () => {
      const others = Array.from({ length: HISTORY }, (_, n) => ({ day: n, user: "other", type: "like" }));
      await load(at(0, HISTORY, { events: others }));
      expect(await ran()).toMatchObject({
        stg_event_stream__load_day: "whole",
        stg_event_stream__event: "whole",
        agg_active_users_daily: "whole",
      });
    });
  });

  test("days that leave by retention do not make the windows after them smaller", async () => {
    await load(at(0, 60));
    const kept = await compiledFor(of.engine, 40);
    const on = (n: number) => ({ project: kept, now: () => new Date(`${day(n)}T12:00:00Z`) });
    await parts.run(on(59));
    const month = async (n: number) =>
      (
        await parts.warehouse.query(
          `SELECT CAST(mau AS INTEGER) AS mau, CAST(days_observed AS INTEGER) AS days FROM ds_build.agg_active_users_daily WHERE activity_date = DATE '${day(n)}'`,
        )
      ).rows;
    expect(await month(19)).toEqual([]);
    const before = await month(21);
    expect(before).toHaveLength(1);
    expect(acts(await parts.run(on(60)))).toEqual({
      stg_event_stream__event: day(20),
      int_event_user_day: day(20),
      agg_active_users_daily: day(20),
      agg_event_type: "whole",
    });
    expect(await month(20)).toEqual([]);
    expect(await month(21)).toEqual(before);
  });
}
