import { addDays, ExperimentsConfig } from "@lifecycle/contracts";
import { controlGroupId, definitionsOf, evaluateExperiments, listExperiments } from "@lifecycle/experiments";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BuiltModels, run } from "./experiments-support/built-models.ts";
import { random } from "./transform-googlesql/random-rows.ts";

const GROUP = "global_control_group";
const OTHERS = "everybody_else";
const SELECT =
  "+int_experiment_arm_metric +int_experiment_arm_daily +int_experiment_arm_activity +int_global_control_group";

/** Somebody whom Braze knows: who is in the group, and what was bought by a day, of all time. */
interface Person {
  id: string;
  inGroup: boolean;
  /** Null: no external id. */
  externalId: string | null;
  createdOn: string;
  revenue: (day: string) => number;
}

/** What one run exports: the people of some segments, and those of the group. */
interface Exported {
  population?: readonly Person[];
  group?: readonly Person[];
  segments?: string[];
  withRevenue?: boolean;
}

const FIRST = "2026-05-01";
const dayOf = (pass: number) => addDays(FIRST, pass - 1);
const daysSince = (day: string) => (Date.parse(day) - Date.parse(FIRST)) / 86_400_000;

/** People of whom a tenth more buy in the first week of May unless they are in the group. What was bought before, they differ in too. */
function planted(count: number, groupShare: number): Person[] {
  const next = random(3);
  return Array.from({ length: count }, (_, i): Person => {
    const inGroup = next() < groupShare;
    const before = Math.floor(next() * 9_000) / 100 + (inGroup ? 0 : 40);
    const price = 5 + Math.floor(next() * 3_000) / 100;
    const buysOn = next() < (inGroup ? 0.2 : 0.3) ? 1 + Math.floor(next() * 6) : null;
    const revenue = (day: string) => before + (buysOn !== null && daysSince(day) >= buysOn ? price : 0);
    return { id: `b${i}`, inGroup, externalId: `u${i}`, createdOn: "2025-01-01", revenue };
  });
}

/** Workspaces that one build holds: what each exported on which day of May, and when who did something. */
const exports: { workspace: string; pass: number; exported: Exported }[] = [];
const events: { workspace: string; user_id: string; date: string }[] = [];
const inGroupOf = (people: readonly Person[]) => people.filter(({ inGroup }) => inGroup);

function workspace(name: string, passes: Record<number, Exported>): string {
  for (const [pass, exported] of Object.entries(passes))
    exports.push({ workspace: name, pass: Number(pass), exported });
  return name;
}

function rowsOf({ workspace, pass, exported }: (typeof exports)[number]) {
  const { population = [], segments = ["s1"], withRevenue = true } = exported;
  const row = (person: Person, exported_from: string, segment_id: string | null) => ({
    workspace,
    exported_from,
    segment_id,
    braze_id: person.id,
    external_id: person.externalId,
    created_at: `${person.createdOn}T09:00:00Z`,
    total_revenue: withRevenue ? person.revenue(dayOf(pass)).toFixed(2) : null,
  });
  return [
    ...segments.flatMap((segment) => population.map((person) => row(person, "segment", segment))),
    ...(exported.group ?? inGroupOf(population)).map((person) => row(person, GROUP, null)),
  ];
}

let models: BuiltModels;
beforeAll(async () => {
  models = await BuiltModels.open({ vars: { global_control_revenue_days: 7 }, select: SELECT });
  for (const [pass, of] of Map.groupBy(exports, (one) => one.pass))
    await models.load("raw_user_export", run(pass, "all", "braze"), of.flatMap(rowsOf));
  const stream = events.map(({ workspace, user_id, date }, i) => ({
    workspace,
    user_id,
    event_time: `${date} 10:00:00`,
    event_type: "like",
    _row_number: i + 1,
    _source_sha256: "e",
  }));
  await models.load("raw_event_stream", run(20, "all", "event-stream"), stream);
  await models.build();
}, 300_000);
afterAll(() => models?.close());

async function judge(workspace: string, groupPercent?: number, more: Record<string, unknown> = {}) {
  const id = controlGroupId(workspace);
  const shares = groupPercent && { planned_shares: { [GROUP]: groupPercent, [OTHERS]: 100 - groupPercent } };
  const config = ExperimentsConfig.parse({ experiments: { [id]: { ...shares, ...more } } });
  const definitions = definitionsOf(config, [], [workspace]);
  const said = await evaluateExperiments({ warehouse: models.warehouse, experimentIds: [id], definitions });
  const of = (metric: string) =>
    said.results.find((row) => row.metric === metric && row.arm_id === OTHERS && row.segment === "all")!;
  const check = (name: string) => said.health.find(({ check_name }) => check_name === name)!;
  return { ...said, of, check };
}

describe("the global control group as an experiment", () => {
  const people = planted(5_000, 0.12);
  const group = inGroupOf(people);
  const treated = people.length - group.length;
  const whole = { population: people };

  const money = workspace("money", { 1: whole, 4: whole, 9: whole });
  it("finds what all messages brought, in money and in all, from Braze's own exports", async () => {
    const { of, check, verdicts } = await judge(money, 12);
    const row = of("revenue_7d");
    expect(row).toMatchObject({
      experiment_name: "Global control group",
      source: GROUP,
      arm_name: "everybody else",
      control_arm_id: GROUP,
      status: "estimated",
      n: treated,
      control_n: group.length,
      units_maturing: 0,
      first_date: "2026-05-02",
    });
    // What each brought since, whatever before: the mean of both sides as a count without SQL has it.
    const since = ({ revenue }: Person) => revenue("2026-05-09") - revenue("2026-05-01");
    const mean = (of: readonly Person[]) => of.reduce((sum, one) => sum + since(one), 0) / of.length;
    expect(row.value).toBeCloseTo(mean(people.filter(({ inGroup }) => !inGroup)), 6);
    expect(row.control_value).toBeCloseTo(mean(group), 6);
    const brought = 0.1 * 19.99 * treated;
    expect(row.incremental_low!).toBeGreaterThan(0);
    expect(row.incremental_low!).toBeLessThan(brought);
    expect(row.incremental_high!).toBeGreaterThan(brought);
    for (const name of ["srm", "contamination", "arms", "control_group"])
      expect(check(name), name).toMatchObject({ status: "pass" });
    expect(verdicts).toMatchObject([{ arm_id: OTHERS, decision: "ship", problems: null }]);
    expect(verdicts[0]!.explanation).toContain("All messages together bring more than none.");
  });

  it("checks the split against the percentage of the group, where somebody says it", async () => {
    expect((await judge(money)).check("srm")).toMatchObject({
      status: "not_checked",
      code: "weights_unknown",
    });
    expect((await judge(money, 5)).verdicts).toMatchObject([{ decision: "invalid", reason: "srm" }]);
  });

  const crossing = people.filter(({ inGroup }) => !inGroup).slice(0, 3);
  const late: Person = {
    ...people[0]!,
    id: "b-late",
    externalId: "u-late",
    createdOn: "2026-05-04",
    inGroup: false,
  };
  const newest: Person = { ...late, id: "b-new", externalId: "u-new", createdOn: "2026-05-09" };
  const all: readonly Person[] = [...people, { ...late, id: "b-anon", externalId: null, createdOn: FIRST }];
  const crossed = workspace("crossed", {
    2: { population: all },
    4: { population: [...all, late], group: [...group, ...crossing] },
    9: { population: [...all, late, newest] },
  });
  it("leaves out who crossed or has no id, and waits for who came later", async () => {
    const { of, check } = await judge(crossed, 12);
    // Who signed up on the day of an export may be in one of its halves alone: the next one tells.
    expect(of("revenue_7d")).toMatchObject({ n: treated - 3, units_maturing: 1, status: "estimated" });
    expect(check("contamination")).toMatchObject({ status: "pass" });
    expect(check("contamination").value).toBeCloseTo(3 / 5_001, 9);
    expect(check("control_group").detail).toContain("1 of 5,002 people have no id");
    const both = await models.rows("exp_assignment", "unit_id", "arms_seen > 1");
    expect(both.map(({ unit_id }) => unit_id)).toEqual(
      crossing.map(({ externalId }) => externalId).toSorted(),
    );
  });

  const others = people.map((person, i) => ({ ...person, inGroup: i % 10 === 3 }));
  const again = workspace("again", { 1: whole, 9: whole, 10: { population: others } });
  const since = workspace("since", { 1: whole, 2: { population: others }, 9: { population: others } });
  it("begins anew with another group, and says so", async () => {
    const { of, check, verdicts } = await judge(again, 10);
    // Nobody's days since then are over; the old group's count no more.
    expect(of("revenue_7d")).toMatchObject({ n: 0, units_maturing: 4_500, status: "not_estimable" });
    expect(check("control_group")).toMatchObject({ status: "warn", code: "another_group", value: 1 });
    expect(check("contamination")).toMatchObject({ status: "pass", value: 0 });
    expect(verdicts).toMatchObject([{ decision: "keep_running", reason: "maturing" }]);
    const later = await judge(since, 10);
    expect(later.of("revenue_7d")).toMatchObject({ n: 4_500, control_n: 500, first_date: "2026-05-03" });
  });

  const plain = { population: people, withRevenue: false };
  const stream = workspace("stream", { 3: plain, 12: plain });
  const chance = random(5);
  const did = people.flatMap(({ externalId, inGroup }) =>
    Array.from({ length: 20 }, (_, i) => addDays(FIRST, i))
      .filter((date) => date <= dayOf(3) || chance() < (inGroup ? 0.02 : 0.06))
      .map((date) => ({ workspace: stream, user_id: externalId!, date })),
  );
  events.push(...did);
  it("is judged by events from the day after its first export to its newest, and not by what came before", async () => {
    const { of, results, verdicts } = await judge(stream, 12);
    // Days 1 to 7 after the fourth of May.
    const came = new Set(
      did.flatMap(({ user_id, date }) => (date >= dayOf(5) && date <= dayOf(11) ? user_id : [])),
    );
    const active = (inGroup: boolean) =>
      people.filter((one) => one.inGroup === inGroup && came.has(one.externalId!)).length;
    expect(of("active_7d")).toMatchObject({
      status: "estimated",
      x: active(false),
      control_x: active(true),
      first_date: dayOf(4),
    });
    const extra = active(false) - (active(true) / group.length) * treated;
    expect(of("active_7d").incremental).toBeCloseTo(extra, 6);
    expect(of("active_7d").incremental_low!).toBeGreaterThan(0);
    expect(results.filter(({ metric }) => /cuped|revenue/.test(metric))).toEqual([]);
    expect(verdicts).toMatchObject([{ decision: "ship" }]);
  });

  const once = workspace("once", { 3: whole });
  events.push({ workspace: once, user_id: "u1", date: dayOf(20) });
  it("counts nobody whom no later export confirmed", async () => {
    const { of, verdicts } = await judge(once, 12);
    expect(of("active_7d")).toMatchObject({ n: 0, units_maturing: treated, status: "not_estimable" });
    expect(of("revenue_7d")).toMatchObject({ n: 0, units_maturing: treated, status: "not_estimable" });
    expect(verdicts).toMatchObject([{ decision: "keep_running", reason: "maturing" }]);
  });
});

describe("what the global control group cannot be judged by", () => {
  const people = planted(600, 0.1);
  const twice = (name: string, exported: Exported) => workspace(name, { 1: exported, 9: exported });
  const nameless = people.map((person) => ({ ...person, externalId: null }));

  it.each<[string, string, string]>([
    ["no_population", "nobody to compare with", twice("alone", { group: people })],
    [
      "several_populations",
      "segments of which none is named",
      twice("several", { population: people, segments: ["s1", "s2"] }),
    ],
    ["no_user_ids", "nobody with an id", twice("nameless", { population: nameless })],
    [
      "no_user_outcomes",
      "neither revenue nor events",
      twice("blind", { population: people, withRevenue: false }),
    ],
  ])("says %s: %s", async (code, _, name) => {
    const { results, verdicts, check } = await judge(name, 10);
    expect(results.map(({ arm_id, status, reason, n }) => [arm_id, status, reason, n])).toEqual([
      [OTHERS, "not_estimable", code, null],
      [GROUP, "not_estimable", code, null],
    ]);
    expect(verdicts).toMatchObject([{ decision: "invalid", reason: code, units: null }]);
    expect(check("srm")).toMatchObject({ status: "not_checked", code });
  });

  const everybody = twice("everybody", { population: people, group: people });
  const nobody = people.filter(({ inGroup }) => !inGroup);
  const elsewhere = twice("elsewhere", { population: nobody, group: inGroupOf(people) });
  it("says that a side has nobody: all in the group, or nobody of it among those it is compared with", async () => {
    for (const [name, n] of [[everybody, 0] as const, [elsewhere, nobody.length] as const]) {
      const { of, check } = await judge(name);
      expect(of("revenue_7d"), name).toMatchObject({ n, status: "not_estimable", reason: "empty_arm" });
      expect(check("arms"), name).toMatchObject({ code: "empty_arm" });
      expect((await judge(name, 10)).verdicts, name).toMatchObject([{ decision: "invalid" }]);
    }
  });

  const empty = twice("empty", { population: people, group: [] });
  it("says that the group is empty, or was never exported", async () => {
    expect(await listExperiments(models.warehouse)).not.toContain(controlGroupId(empty));
    const { verdicts, check } = await judge(empty, 10);
    expect(verdicts).toMatchObject([{ decision: "invalid", problems: "group_not_exported" }]);
    expect(check("arms")).toMatchObject({ status: "fail", code: "group_not_exported" });
  });
});
