/**
 * How values of a query's answer look, the same from both engines: DATE `YYYY-MM-DD`; TIMESTAMP ISO in UTC with `Z`, DATETIME without, both with
 * milliseconds or, when needed, microseconds; NUMERIC a decimal text without trailing zeros; INT64 a number, or text beyond ±2^53;
 * BYTES base64; JSON its text; a float that is not finite its name; ARRAY and STRUCT as arrays and objects of the same.
 */
export function safeInteger(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}

/** `1.500000000` → `1.5`, `2.000000000` → `2`: how BigQuery writes a NUMERIC. */
export function trimZeros(decimal: string): string {
  return decimal.includes(".") ? decimal.replace(/\.?0+$/, "") : decimal;
}

/** Microseconds since the epoch as `2026-01-01T00:00:00.000`, with six digits only when the last three are not zero. */
export function isoFromMicros(micros: bigint): string {
  const milliseconds = micros >= 0n ? micros / 1000n : (micros - 999n) / 1000n;
  const rest = micros - milliseconds * 1000n;
  const date = new Date(Number(milliseconds));
  if (Number.isNaN(date.getTime())) return String(micros); // beyond what JavaScript dates hold: the raw count, not a crash
  const iso = date.toISOString().slice(0, -1);
  return rest === 0n ? iso : `${iso}${rest.toString().padStart(3, "0")}`;
}
