import { afterAll, beforeAll, expect, test } from "vitest";
import { type GoogleSql, startGoogleSql } from "./googlesql.ts";
import { random } from "./random-rows.ts";
import { randomCall, randomStatement } from "./random-statement.ts";
import { addTypedTable, compareTypes } from "./type-agreement.ts";

/** The type check against Google's own engine; `test/long/transform-types.test.ts` asks forty times as much. */
const STATEMENTS = 300;
const engine = await startGoogleSql();
const unavailable = "unavailable" in engine ? engine.unavailable : undefined;
const google = engine as GoogleSql;

beforeAll(() => {
  if (unavailable === undefined) addTypedTable(google);
});
afterAll(async () => {
  if (unavailable === undefined) await google.close();
});

test.skipIf(unavailable !== undefined).each([
  ["statements", randomStatement],
  ["calls of the table of signatures", randomCall],
] as const)(
  `of ${STATEMENTS} random %s we refuse none that BigQuery takes, and nearly all whose types it refuses`,
  async (_, make) => {
    const next = random(3);
    const found = await compareTypes(
      google,
      Array.from({ length: STATEMENTS }, () => make(next)),
    );
    expect(found.falselyRefused).toEqual([]);
    expect(found.otherType).toEqual([]);
    expect(Math.min(found.accepted, found.caught)).toBeGreaterThan(STATEMENTS / 20);
    expect(found.missed.length, found.missed.join("\n")).toBeLessThan(STATEMENTS / 50);
  },
  60_000,
);

test.skipIf(unavailable !== undefined)(
  "the comparison sees what we let pass and what we refuse wrongly",
  async () => {
    const found = await compareTypes(google, [
      "SELECT f IN UNNEST(NULL) AS x FROM ds.z AS z",
      "SELECT i = 'a' AS x FROM ds.z AS z",
      "SELECT i = f AS x FROM ds.z AS z",
    ]);
    expect(found).toMatchObject({ accepted: 1, caught: 1 });
    expect(found.missed).toHaveLength(1);
  },
);

if (unavailable !== undefined) test.skip(`Google's engine: ${unavailable}`, () => undefined);
