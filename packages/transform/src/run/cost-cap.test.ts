import { errorCode } from "@lifecycle/contracts";
import { expect, test } from "vitest";
import { Budget } from "./cost-cap.ts";

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Takes a hold and says whether it has got it yet. */
function asking(budget: Budget, bytes: number | undefined) {
  const asked = { got: undefined as number | undefined, settle: (_: number) => {}, failed: "" };
  budget.hold(bytes).then(
    (hold) => Object.assign(asked, { got: hold.bytes, settle: hold.settle }),
    (error) => Object.assign(asked, { failed: errorCode(error) }),
  );
  return asked;
}

test("jobs at work together set aside no more than what is left", async () => {
  const budget = new Budget(100);
  const [first, second, third] = [asking(budget, 60), asking(budget, 30), asking(budget, 20)];
  await settled();
  expect([first.got, second.got, third.got]).toEqual([60, 30, undefined]);
  second.settle(10);
  await settled();
  expect([third.got, budget.spentBytes]).toEqual([20, 10]);
});

test("one that may cost more than is left gets all of it, once nobody else is at work", async () => {
  const budget = new Budget(100);
  const small = asking(budget, 10);
  const [large, unknown] = [asking(budget, 500), asking(budget, undefined)];
  await settled();
  expect([large.got, unknown.got]).toEqual([undefined, undefined]);
  small.settle(10);
  await settled();
  expect([large.got, unknown.got]).toEqual([90, undefined]);
  large.settle(0);
  await settled();
  expect(unknown.got).toBe(90);
});

test("whoever waits learns that nothing is left", async () => {
  const budget = new Budget(50);
  const last = asking(budget, 50);
  const waiting = asking(budget, 10);
  await settled();
  last.settle(50);
  await settled();
  expect(waiting.failed).toBe("warehouse.cost_capped");
  await expect(budget.hold(1)).rejects.toThrow(/billed 50 bytes.*max_bytes_billed_per_run allows 50/);
});

test("a job that bills nothing holds a place all the same", async () => {
  const budget = new Budget(10);
  const free = asking(budget, 0);
  const large = asking(budget, 20);
  await settled();
  expect([free.got, large.got]).toEqual([0, undefined]);
  free.settle(0);
  await settled();
  expect(large.got).toBe(10);
});
