import { QueryMistake } from "@lifecycle/warehouse";
import { expect, it } from "vitest";
import { placed } from "./query-place.ts";

it.each([
  ["select revenu from t", "revenu", "query:1:8 no\n    select revenu from t\n           ^"],
  [
    "select\n  my_revenu, revenu\nfrom t",
    "revenu",
    "query:2:14 no\n      my_revenu, revenu\n                 ^",
  ],
  ["revenu", "revenu", "query:1:1 no\n    revenu\n    ^"],
  ["select 1", "revenu", "no"],
  ["select 1", undefined, "no"],
])("%j", (sql, word, message) => {
  expect(placed(new QueryMistake("c", "no", { word }), sql, "query").message).toBe(message);
});
