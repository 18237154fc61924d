import { srmChi2 } from "@lifecycle/stats";
import type { ArmMetric } from "../arm-metric.ts";
import { type Definition, shareOf, sharesNow } from "../definition.ts";
import { check, type HealthCheck, type HealthInput } from "../health-check.ts";

/** A person's messages are numbered, not declared; who gets a second one depends on the first. */
const NUMBERED = "message";

const attributeOf = (segment: string) => segment.split("=", 1)[0]!;

/** The arms over everybody and over the groups that are judged: the declared ones, or all that the models tell of where none are declared. */
export function declaredGroups(arms: readonly ArmMetric[], { segments }: Definition): ArmMetric[] {
  if (!segments) return [...arms];
  const kept = new Set([...segments, "all", NUMBERED]);
  return arms.filter(({ segment }) => kept.has(attributeOf(segment)));
}

/** Are the declared groups known, and do the arms' sizes fit the shares planned in each of them? Bonferroni over the groups. */
export function checkGroups({ arms, members, definition }: HealthInput, threshold: number): HealthCheck {
  const groups = Map.groupBy(
    members.filter(({ segment }) => attributeOf(segment) !== NUMBERED),
    ({ segment }) => segment,
  );
  const known = new Set([...groups.keys()].map(attributeOf));
  const unknown = (definition.segments ?? []).filter((name) => !known.has(name));
  if (unknown.length > 0)
    return check(
      "groups",
      "warn",
      "unknown_group",
      `No groups by ${unknown.join(", ")} are known: they come from single people, as the metrics' model names them${known.size > 0 ? ` (${[...known].join(", ")})` : ""}.`,
      unknown.length,
    );
  const shares = sharesNow(definition);
  if (groups.size === 0) return check("groups", "not_checked", "not_applicable", "No groups are declared.");
  if (!shares || arms.some((arm) => shareOf(shares, arm) === undefined))
    return check("groups", "not_checked", "weights_unknown", "The planned shares are not known.");
  const weights = arms.map((arm) => shareOf(shares, arm)!);
  const tests = [...groups].flatMap(([segment, own]) => {
    const observed = arms.map(({ armId }) => own.find((member) => member.armId === armId)?.n ?? 0);
    const { p } = srmChi2({ observed, weights });
    return p === null ? [] : [{ segment, p }];
  });
  const [worst] = tests.toSorted((a, b) => a.p - b.p);
  if (!worst)
    return check(
      "groups",
      "not_checked",
      "not_enough_data",
      "The groups are too small to check their split.",
    );
  const p = Math.min(1, worst.p * tests.length);
  return p < threshold
    ? check(
        "groups",
        "warn",
        "group_srm",
        `The split does not fit the plan in the group ${worst.segment}: the arms are not comparable there, and may not be over all.`,
        p,
        threshold,
      )
    : check("groups", "pass", null, "The split fits the plan in every group.", p, threshold);
}
