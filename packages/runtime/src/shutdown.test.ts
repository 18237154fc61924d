import { afterEach, expect, it, vi } from "vitest";
import { silentLogger } from "./logger.ts";
import { createShutdown, exitCodeOfSignal, type ShutdownOptions } from "./shutdown.ts";

function create(options: Partial<ShutdownOptions> = {}) {
  const exits: number[] = [];
  const exit = (code: number) => void exits.push(code);
  return { shutdown: createShutdown({ logger: silentLogger, deadlineMs: 1_000, exit, ...options }), exits };
}

afterEach(() => {
  vi.useRealTimers();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(signal);
});

it("closes in reverse order, one after the other, past a closer that fails", async () => {
  const { shutdown, exits } = create();
  const order: string[] = [];
  shutdown.onClose("first opened", () => order.push("first opened"));
  shutdown.onClose("failing", () => Promise.reject(new Error("no")));
  shutdown.onClose("last opened", async () => {
    await Promise.resolve();
    order.push("last opened");
  });
  expect(shutdown.signal.aborted).toBe(false);
  const stopping = shutdown.stop("done", 3);
  expect(shutdown.signal.aborted).toBe(true);
  await Promise.all([stopping, shutdown.stop("again", 9)]);
  expect(order).toEqual(["last opened", "first opened"]);
  expect(exits).toEqual([3]);
});

it("does not wait longer than its deadline, and then says failed", async () => {
  vi.useFakeTimers();
  const { shutdown, exits } = create();
  shutdown.onClose("never", () => new Promise(() => {}));
  const stopping = shutdown.stop("done");
  await vi.advanceTimersByTimeAsync(999);
  expect(exits).toEqual([]);
  await vi.advanceTimersByTimeAsync(1);
  await stopping;
  expect(exits).toEqual([1]);
});

it("a signal begins the end; its echo changes nothing; a second one ends at once", async () => {
  vi.useFakeTimers();
  const { shutdown, exits } = create({ exitCodeOn: exitCodeOfSignal });
  shutdown.onClose("slow", () => new Promise(() => {}));
  process.emit("SIGINT", "SIGINT");
  await vi.advanceTimersByTimeAsync(50);
  process.emit("SIGINT", "SIGINT");
  expect(exits).toEqual([]);
  await vi.advanceTimersByTimeAsync(600);
  process.emit("SIGINT", "SIGINT");
  expect(exits).toEqual([130]);
});
