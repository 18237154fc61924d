import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, inject, it } from "vitest";
import { type Installation, install } from "../e2e/support/installation.ts";

let at: Installation;
beforeAll(async () => {
  at = await install(inject("redisUrl"), { LIFECYCLE_NOW: "2026-06-30T12:00:00Z" });
});
afterAll(() => at.close());

const ARMS = ["Mens E-Mail", "Womens E-Mail", "No E-Mail"];

/** 1,020 customers who spent 10 each, and two who spent `most`. */
async function mailTest(most: string): Promise<string> {
  const customer = (arm: string, spend: string) =>
    `1,"2) $100 - $200",100.5,1,0,Rural,0,Web,${arm},1,${Number(spend !== "0")},${spend}`;
  const lines = ARMS.flatMap((arm, i) => [
    ...Array.from({ length: 400 }, (_, n) => customer(arm, n < 340 ? "10" : "0")),
    ...(i < 2 ? [customer(arm, most)] : []),
  ]);
  const path = join(at.home, "mail-test.csv");
  const header =
    "recency,history_segment,history,mens,womens,zip_code,newbie,channel,segment,visit,conversion,spend";
  await writeFile(path, `${[header, ...lines].join("\n")}\n`);
  return path;
}

/** Runs the file; at which value spend was cut, what is said of it, and which models were built. */
async function cutBy(path: string, pass: number) {
  const { code, stderr } = await at.cli("run", "hillstrom", "--file", path);
  expect([code, stderr]).toEqual([0, ""]);
  const caps = await at.query("select distinct cap_value from exp_result where metric = 'spend_capped'");
  const [check] = await at.query("select status, code, detail from exp_health where check_name = 'cap'");
  const runId = (await at.ledger.listRunIds()).find((id) => id.endsWith(`__p${pass}`))!;
  const stage = await at.ledger.readStage(runId, "transform");
  const built = stage?.summary?.models as { name: string }[];
  return { caps: caps.map(({ cap_value }) => cap_value), check, built: built.map(({ name }) => name) };
}

it("a cap stays where the first run of enough people froze it: over larger values, and without its warehouse", async () => {
  const first = await cutBy(await mailTest("110"), 1);
  // Type 7: 0.999 × 1,021 places up from the smallest of 1,022 values.
  expect(first.caps).toEqual([expect.closeTo(107.9, 9)]);
  expect(first.check).toMatchObject({ status: "pass", code: null });
  const larger = await mailTest("9000");
  const second = await cutBy(larger, 2);
  expect(second.caps).toEqual(first.caps);
  expect(second.check).toMatchObject({
    status: "pass",
    detail: expect.stringContaining("as it has been since"),
  });
  expect(second.built).toContain("int_experiment_cap");
  const third = await cutBy(larger, 3);
  expect(third.caps).toEqual(first.caps);
  expect(third.built).not.toContain("int_experiment_cap");
  await rm(join(at.home, "data/warehouse"), { recursive: true });
  const restored = await cutBy(larger, 4);
  expect([restored.caps, restored.check]).toEqual([first.caps, second.check]);
  expect((await at.cli("models", "run", "--select", "int_hillstrom_unit_metric")).code).toBe(0);
  const models = await at.cli(
    "query",
    "select distinct cap_value from lifecycle_build.int_hillstrom_unit_metric where metric = 'spend_capped'",
    "--json",
  );
  expect(JSON.parse(models.stdout).map((row: { cap_value: unknown }) => Number(row.cap_value))).toEqual(
    first.caps,
  );
});
