import { FatalError, InputError, RetryableError } from "@lifecycle/contracts";
import { expect, it } from "vitest";
import { readBuilds } from "./read-builds.ts";

const failing = (error: Error) => ({ query: () => Promise.reject(error), close: async () => undefined });
const datasets = { build: "lifecycle_build" };

it.each([
  new InputError("query.unknown_table", "there is no table lifecycle_build._model_build"),
  new FatalError("warehouse.table_missing", "not found: lifecycle_build._model_build"),
])("finds no build where nothing was ever built: $code", async (error) => {
  expect(await readBuilds(failing(error), datasets)).toEqual([]);
});

it("does not take a warehouse that did not answer for one without builds", async () => {
  const lost = new RetryableError("warehouse.owner_lost", "the owner of the warehouse did not answer");
  await expect(readBuilds(failing(lost), datasets)).rejects.toBe(lost);
});
