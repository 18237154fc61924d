/** What has its place in an order: it begins once those are done that it names. */
export interface Task {
  name: string;
  /** Names of others; its own, unknown ones and those of later tasks hold nothing up. */
  dependsOn: readonly string[];
}

/**
 * Tables at work together unless told otherwise. A DuckDB warehouse has one thread and little memory: two tables would only share them. On
 * BigQuery a run is made of waiting for jobs. Each table has one job at a time and looks for it at most four times a second: these many
 * stay below the 100 requests per second that BigQuery takes from one user for one method, with room for whoever loads meanwhile.
 */
export const tablesAtOnce = { duckdb: 1, bigquery: 16 } as const;

export interface ScheduleOptions {
  /** Tasks at work together, at most. */
  atOnce: number;
  signal?: AbortSignal | undefined;
}

/**
 * Does the work of each task as soon as all is done that it depends on, of those that may begin the earlier first. Answers what each gave,
 * in the order of the tasks. Once one throws, or `signal` aborts, no other begins; those at work are waited for, then the first error is
 * thrown: when this returns, nothing is left running.
 */
export async function runInOrder<T extends Task, R>(
  tasks: readonly T[],
  { atOnce, signal }: ScheduleOptions,
  work: (task: T) => Promise<R>,
): Promise<R[]> {
  const holders = earlierOnes(tasks);
  const results = new Map<T, R>();
  const running = new Set<Promise<void>>();
  const errors: unknown[] = [];
  let waiting = [...tasks];
  const begin = (task: T): void => {
    const ended = doing(task).finally(() => running.delete(ended));
    running.add(ended);
  };
  const doing = async (task: T): Promise<void> => {
    try {
      results.set(task, await work(task));
    } catch (error) {
      errors.push(error);
    }
  };
  for (;;) {
    const stops = errors.length > 0 || signal?.aborted === true;
    const ready = stops ? [] : waiting.filter((task) => holders.get(task)!.every((one) => results.has(one)));
    const next = new Set(ready.slice(0, atOnce - running.size));
    waiting = waiting.filter((task) => !next.has(task));
    next.forEach(begin);
    if (running.size === 0) break;
    await Promise.race(running);
  }
  if (errors.length > 0) throw errors[0];
  if (waiting.length > 0) signal?.throwIfAborted();
  return tasks.map((task) => results.get(task)!);
}

/** Those of a task's names that stand before it: whatever the names say, somebody can always begin. */
function earlierOnes<T extends Task>(tasks: readonly T[]): Map<T, T[]> {
  const known = new Map<string, T>();
  const holders = new Map<T, T[]>();
  for (const task of tasks) {
    holders.set(
      task,
      task.dependsOn.flatMap((name) => known.get(name) ?? []),
    );
    known.set(task.name, task);
  }
  return holders;
}
