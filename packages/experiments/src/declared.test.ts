import { ExperimentsConfig } from "@lifecycle/contracts";
import { expect, it } from "vitest";
import { checkDeclared } from "./declared.ts";
import { definitionsOf } from "./definition.ts";

/** A warehouse with these experiments, and these campaigns that send no more. */
function holding(ids: readonly string[], gone: readonly [id: string, state: string][]) {
  const asked: string[] = [];
  return {
    asked,
    datasets: { raw: "raw", build: "build", published: "published" },
    query: async (sql: string) => {
      asked.push(sql);
      const rows = sql.includes("dim_campaign") ? gone.map((row) => [...row]) : ids.map((id) => [id]);
      return { columns: [], rows, truncated: false };
    },
  };
}

const declaring = (experiments: object) => definitionsOf(ExperimentsConfig.parse({ experiments }), [], []);

it("an id that nothing has is told with the nearest, and so is a test whose campaign is gone", async () => {
  const [mail, old, over] = ["main__campaign__mail", "main__campaign__old", "main__canvas__over"];
  const warehouse = holding(
    [mail, old, over],
    [
      [old, "deleted"],
      [over, "archived"],
    ],
  );
  const definitions = declaring({ main__campaign__mial: {}, [mail]: {}, [old]: {}, [over]: { ended: true } });
  expect(await checkDeclared(warehouse, definitions)).toEqual([
    "Nothing is known of main__campaign__mial: it was deleted, has never sent, or the id is wrong. Did you mean main__campaign__mail?",
    "What main__campaign__old sends was deleted: nobody new comes. Say `ended: true`, or take it out.",
  ]);
});

it("nothing is asked when nothing is declared", async () => {
  const warehouse = holding([], []);
  expect(await checkDeclared(warehouse, declaring({}))).toEqual([]);
  expect(warehouse.asked).toEqual([]);
});
