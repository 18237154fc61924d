import { describe, expect, test } from "vitest";
import { runInOrder, type Task } from "./schedule.ts";

/** Work that ends when the test says so, and remembers what happened. */
function workshop(tasks: readonly Task[], atOnce: number, signal?: AbortSignal) {
  const open = new Map<string, { resolve: (value: string) => void; reject: (error: Error) => void }>();
  const begun: string[] = [];
  let most = 0;
  const done = runInOrder(tasks, { atOnce, signal }, async ({ name }) => {
    begun.push(name);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    open.set(name, { resolve, reject });
    most = Math.max(most, open.size);
    return promise.finally(() => open.delete(name));
  });
  done.catch(() => undefined);
  /** Lets everything happen that waits for nobody. */
  const settle = () => new Promise((resolve) => setImmediate(resolve));
  return {
    done,
    begun,
    atWork: () => [...open.keys()],
    most: () => most,
    settle,
    end: async (name: string) => {
      open.get(name)!.resolve(`done ${name}`);
      await settle();
    },
    fail: async (name: string, error = new Error(`failed ${name}`)) => {
      open.get(name)!.reject(error);
      await settle();
    },
  };
}

const task = (name: string, ...dependsOn: string[]): Task => ({ name, dependsOn });
const diamond = [task("a"), task("b", "a"), task("c", "a"), task("d", "b", "c"), task("e")];

describe("order", () => {
  test("a task begins as soon as all it depends on is done, whatever else is at work", async () => {
    const { done, atWork, end } = workshop(diamond, 9);
    expect(atWork()).toEqual(["a", "e"]);
    await end("a");
    expect(atWork()).toEqual(["e", "b", "c"]);
    await end("c");
    expect(atWork()).toEqual(["e", "b"]);
    await end("b");
    expect(atWork()).toEqual(["e", "d"]);
    await end("d");
    await end("e");
    expect(await done).toEqual(["done a", "done b", "done c", "done d", "done e"]);
  });

  test("one at a time is the order of the tasks", async () => {
    const shop = workshop(diamond, 1);
    for (const { name } of diamond) await shop.end(name);
    await shop.done;
    expect([shop.begun, shop.most()]).toEqual([["a", "b", "c", "d", "e"], 1]);
  });

  test("never more at once than allowed, the earlier first", async () => {
    const many = Array.from({ length: 12 }, (_, i) => task(`t${i}`));
    const shop = workshop(many, 3);
    await shop.settle();
    expect(shop.atWork()).toEqual(["t0", "t1", "t2"]);
    for (const { name } of many) await shop.end(name);
    expect((await shop.done).length).toBe(12);
    expect(shop.most()).toBe(3);
  });

  test("its own name, an unknown one and that of a later task hold nothing up", async () => {
    const shop = workshop([task("a", "a", "b", "nobody"), task("b", "a")], 2);
    await shop.end("a");
    await shop.end("b");
    expect(await shop.done).toEqual(["done a", "done b"]);
  });

  test("nothing to do is done", async () => {
    expect(await workshop([], 4).done).toEqual([]);
  });
});

describe("stopping", () => {
  test("after an error no other begins, those at work are waited for, then it is thrown", async () => {
    const shop = workshop([...diamond, task("f")], 2);
    await shop.fail("a");
    let thrown = false;
    shop.done.catch(() => {
      thrown = true;
    });
    await shop.settle();
    expect([shop.atWork(), thrown]).toEqual([["e"], false]);
    await shop.fail("e");
    await expect(shop.done).rejects.toThrow("failed a");
    expect(shop.begun).toEqual(["a", "e"]);
  });

  test("told to stop, it begins no other and waits for those at work", async () => {
    const stop = new AbortController();
    const shop = workshop(diamond, 1, stop.signal);
    stop.abort(new Error("shutdown"));
    await shop.settle();
    expect(shop.atWork()).toEqual(["a"]);
    await shop.end("a");
    await expect(shop.done).rejects.toThrow("shutdown");
    expect(shop.begun).toEqual(["a"]);
  });

  test("told to stop before it began, it does nothing; after the last had begun, its work stands", async () => {
    const stopped = workshop(diamond, 2, AbortSignal.abort(new Error("shutdown")));
    await expect(stopped.done).rejects.toThrow("shutdown");
    expect(stopped.begun).toEqual([]);
    const stop = new AbortController();
    const shop = workshop([task("a")], 1, stop.signal);
    stop.abort(new Error("shutdown"));
    await shop.end("a");
    expect(await shop.done).toEqual(["done a"]);
  });
});
