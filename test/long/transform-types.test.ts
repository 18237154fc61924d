import { afterAll, beforeAll, expect, test } from "vitest";
import { type GoogleSql, startGoogleSql } from "../integration/transform-googlesql/googlesql.ts";
import { random } from "../integration/transform-googlesql/random-rows.ts";
import { randomCall, randomStatement } from "../integration/transform-googlesql/random-statement.ts";
import { addTypedTable, compareTypes } from "../integration/transform-googlesql/type-agreement.ts";

const engine = await startGoogleSql();
const unavailable = "unavailable" in engine ? engine.unavailable : undefined;
const google = engine as GoogleSql;

beforeAll(() => {
  if (unavailable === undefined) addTypedTable(google);
});
afterAll(async () => {
  if (unavailable === undefined) await google.close();
});

/** What we let pass is shown: it is what only BigQuery will say. */
test.skipIf(unavailable !== undefined).each([
  ["statements", randomStatement, 8_000],
  ["calls of the table of signatures", randomCall, 8_000],
] as const)(
  "random %s: none refused that BigQuery takes, of those it refuses for their types over 98 %",
  async (what, make, count) => {
    const next = random(17);
    const found = await compareTypes(
      google,
      Array.from({ length: count }, () => make(next)),
    );
    const refused = found.caught + found.missed.length;
    const share = ((100 * found.caught) / refused).toFixed(1);
    process.stdout.write(
      `${what}: BigQuery takes ${found.accepted} and refuses ${refused}, of which ${found.caught} (${share} %) when compiling\n${found.missed.slice(0, 40).join("\n")}\n`,
    );
    expect(found.falselyRefused).toEqual([]);
    expect(found.otherType).toEqual([]);
    expect(refused).toBeGreaterThan(1_000);
    expect(found.caught / refused).toBeGreaterThan(0.98);
  },
  600_000,
);

if (unavailable !== undefined) test.skip(`Google's engine: ${unavailable}`, () => undefined);
