import { expect, test, vi } from "vitest";
import { publishTables } from "./publish-tables.ts";

const TABLES = Array.from({ length: 20 }, (_, i) => `agg_${i}`);
const decisions = [
  ...TABLES.map((table) => ({ table, outcome: "applied" as const })),
  { table: "agg_held", outcome: "held" as const },
];

/** A warehouse whose swaps last until they are let go, or fail. */
function held(engine: "bigquery" | "duckdb") {
  const working = new Map<string, { done: () => void; fail: (error: Error) => void }>();
  const begun: string[] = [];
  const publish = async (table: string, jobId: string) => {
    begun.push(jobId);
    const { promise, resolve: done, reject: fail } = Promise.withResolvers<void>();
    working.set(table, { done, fail });
    await promise.finally(() => working.delete(table));
  };
  const letGo = () => {
    for (const { done } of [...working.values()]) done();
  };
  return { warehouse: { engine, publish }, working, begun, letGo };
}

const start = ({ warehouse }: ReturnType<typeof held>, signal = new AbortController().signal) =>
  publishTables(warehouse, { runId: "r" }, decisions, signal);

test("on BigQuery tables are swapped beside one another, so many at most, each once; what is held is not", async () => {
  const at = held("bigquery");
  const published = start(at);
  expect(at.working.size).toBe(16);
  at.letGo();
  await vi.waitFor(() => expect(at.working.size).toBe(4), { interval: 1 });
  at.letGo();
  expect(await published).toEqual(TABLES);
  expect(at.begun).toEqual(TABLES.map((table) => `publish__r__${table}`));
});

test("on DuckDB one after another", async () => {
  const at = held("duckdb");
  const published = start(at);
  for (const table of TABLES) {
    await vi.waitFor(() => expect([...at.working.keys()]).toEqual([table]), { interval: 1 });
    at.letGo();
  }
  expect(await published).toEqual(TABLES);
});

test.each(["a failure", "a stop"])(
  "after %s no other begins, and those at work are waited for",
  async (what) => {
    const at = held("bigquery");
    const stop = new AbortController();
    let isOver = false;
    const published = start(at, stop.signal)
      .then(String, (error: Error) => error.message)
      .finally(() => {
        isOver = true;
      });
    if (what === "a failure") at.working.get("agg_3")!.fail(new Error("no"));
    else {
      stop.abort(new Error("no"));
      at.working.get("agg_3")!.done();
    }
    await vi.waitFor(() => expect(at.working.size).toBe(15), { interval: 1 });
    expect(isOver).toBe(false);
    at.letGo();
    expect(await published).toBe("no");
    expect(at.begun.length).toBe(16);
  },
);
