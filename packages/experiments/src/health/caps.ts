import { type CapNow, capsOf, type FrozenCap, frozenAs, UNITS_TO_FREEZE } from "../cap.ts";
import { formatCount, formatValue } from "../format.ts";
import { check, type HealthCheck, type HealthInput } from "../health-check.ts";

/** Do all looks cut an amount at the same value? */
export function checkCaps({ all, definition, history }: HealthInput): HealthCheck {
  const caps = capsOf(all);
  if (caps.length === 0)
    return check("cap", "not_checked", "not_applicable", "No metric is cut at a value found in the data.");
  const states = caps.map((cap) => stateOf(cap, history.caps));
  const fewest = Math.min(...caps.map(({ nonzeroUnits }) => nonzeroUnits));
  const detail = caps.map((cap) => inWords(cap, history.caps)).join(" ");
  const isChanged = caps.some((cap) => underOtherRules(cap, history.caps).length > 0);
  // Of a test that is over, no later look will cut elsewhere.
  const isProvisional = !definition.ended && states.includes("provisional");
  const code = states.includes("moved")
    ? "cap_moved"
    : isChanged
      ? "cap_changed"
      : isProvisional
        ? "cap_provisional"
        : null;
  return check("cap", code ? "warn" : "pass", code, detail, fewest, UNITS_TO_FREEZE);
}

/** Caps are kept with nine decimals. */
const SAME = 1e-9;

function stateOf(cap: CapNow, frozen: readonly FrozenCap[]): "frozen" | "moved" | "ready" | "provisional" {
  const own = frozenAs(cap, frozen);
  if (own) return Math.abs(own.value - cap.value) <= SAME * Math.max(1, own.value) ? "frozen" : "moved";
  return cap.nonzeroUnits >= UNITS_TO_FREEZE ? "ready" : "provisional";
}

function underOtherRules(cap: CapNow, frozen: readonly FrozenCap[]): FrozenCap[] {
  return frozen.filter(({ metric, rule }) => metric === cap.metric && rule !== cap.rule);
}

function inWords(cap: CapNow, frozen: readonly FrozenCap[]): string {
  const [own, people] = [frozenAs(cap, frozen), formatCount(cap.nonzeroUnits)];
  const until = {
    frozen: `, as it has been since ${own?.since}.`,
    moved: `, though frozen at ${formatValue(own?.value ?? null, "mean")} on ${own?.since}: its model has to read int_experiment_cap.`,
    ready: `, where it stays from the first run on that finds ${formatCount(UNITS_TO_FREEZE)} people with a value; there are ${people}.`,
    provisional: `; it can still move: ${people} people have a value, and at ${formatCount(UNITS_TO_FREEZE)} it is frozen.`,
  }[stateOf(cap, frozen)];
  const changed = underOtherRules(cap, frozen).map(
    ({ rule, value, since }) =>
      ` The rule was another before (${rule}: ${formatValue(value, "mean")}, from ${since}): what was said under it is about another metric.`,
  );
  return `${cap.metric} is cut at ${formatValue(cap.value, "mean")} (${cap.rule})${until}${changed.join("")}`;
}
