import { FatalError, InputError, RetryableError } from "@lifecycle/contracts";
import { expect, test } from "vitest";
import type { QueryMistake } from "../query-mistake.ts";
import { refusedQuery } from "./refused-query.ts";

test.each([
  [
    "Unrecognized name: sendz; Did you mean sends? at [1:8]",
    "query.unknown_column",
    "sendz",
    "no table of the query has a column sendz. Did you mean sends?",
  ],
  [
    "Unrecognized name: t.nope at [3:2]",
    "query.unknown_column",
    "nope",
    "column t.nope. `lifecycle query --tables",
  ],
  ["Name nope not found inside t at [1:10]", "query.unknown_column", "nope", "column nope"],
  [
    "No matching signature for operator = for argument types: INT64, STRING at [1:20]",
    "query.not_answerable",
    undefined,
    "No matching signature for operator = for argument types: INT64, STRING at [1:20]",
  ],
  ["division by zero: 1 / 0", "query.not_answerable", undefined, "division by zero"],
])("%s", (said, code, word, message) => {
  const mistake = refusedQuery(new FatalError("warehouse.sql_failed", `query: ${said}`)) as QueryMistake;
  expect(mistake).toBeInstanceOf(InputError);
  expect(mistake).toMatchObject({ code, word, message: expect.stringContaining(message) });
});

test("a table that is not there", () => {
  const said = "query: Not found: Table acme:lifecycle.agg_nope was not found in location EU";
  expect(refusedQuery(new FatalError("warehouse.table_missing", said))).toMatchObject({
    code: "query.unknown_table",
    word: "agg_nope",
    message: "there is no table lifecycle.agg_nope. `lifecycle query --tables` lists what there is.",
  });
});

test("whatever is not the text's fault stays as it is", () => {
  for (const error of [
    new RetryableError("warehouse.unavailable", "query: try again"),
    new FatalError("warehouse.access_denied", "query: Access Denied"),
    new Error("odd"),
  ])
    expect(refusedQuery(error)).toBe(error);
});
