/** Opens and clicks of a message are counted for seven days; deliveries and bounces settle sooner. */
const ENGAGEMENT_DAYS = 7;

const DAY_SECONDS = 86_400;

/**
 * Days for which an object's numbers may still grow, from a landed row of its details: its longest conversion window, and never
 * less than messages take to settle. Undefined when the row does not say its windows (`conversion_behaviors`, seconds).
 */
export function objectLookbackDays(row: Record<string, unknown>): number | undefined {
  const behaviors = row.conversion_behaviors;
  if (!Array.isArray(behaviors)) return undefined;
  let longest = ENGAGEMENT_DAYS;
  for (const behavior of behaviors) {
    const window: unknown = (behavior as { window?: unknown } | null)?.window;
    const seconds = typeof window === "string" ? Number(window) : window;
    if (typeof seconds !== "number" || !Number.isFinite(seconds) || seconds < 0) return undefined;
    longest = Math.max(longest, Math.ceil(seconds / DAY_SECONDS));
  }
  return longest;
}
