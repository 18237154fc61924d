/** Numbers as people read them; the same in verdicts, terminal and pages. Null is an en dash. */
export const NONE = "–";

const MINUS = "−";

function withSign(text: string, value: number): string {
  return value > 0 ? `+${text}` : value < 0 ? `${MINUS}${text}` : text;
}

function digits(value: number, most: number): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: most, useGrouping: true });
}

/** `12,345` */
export function formatCount(value: number | null): string {
  return value === null ? NONE : value < 0 ? `${MINUS}${digits(-value, 0)}` : digits(value, 0);
}

/** A rate as `18.28 %`, a mean as `1.42`, with enough digits to tell small ones from nothing. */
export function formatValue(value: number | null, kind: string): string {
  if (value === null) return NONE;
  if (kind === "proportion") return `${percent(100 * value)} %`;
  return precise(value);
}

/** A difference of rates in points (`+7.66 pts`), of means in the metric's unit. */
export function formatEffect(value: number | null, kind: string): string {
  if (value === null) return NONE;
  const size = Math.abs(value);
  return withSign(kind === "proportion" ? `${percent(100 * size)} pts` : precise(size), value);
}

/** `+72.1 %` */
export function formatLift(value: number | null): string {
  return value === null ? NONE : withSign(`${digits(Math.abs(100 * value), 1)} %`, value);
}

/** How often an interval holds what it is about: `95 %` for a level of 0.05. */
export function formatCover(alpha: number): string {
  return `${digits(100 * (1 - alpha), 2)} %`;
}

export function formatInterval(
  low: number | null,
  high: number | null,
  show: (value: number | null) => string,
): string {
  if (low === null && high === null) return "not known";
  return `${low === null ? "open" : show(low)} to ${high === null ? "open" : show(high)}`;
}

/** `0.034`, `< 0.0001`; where p underflows, from its logarithm: `1e-451`. */
export function formatP(p: number | null, logp: number | null = null): string {
  if (p === null) return NONE;
  if (p >= 0.0001)
    return p
      .toFixed(p < 0.001 ? 5 : 4)
      .replace(/0+$/, "")
      .replace(/\.$/, "");
  const exponent = logp === null ? (p > 0 ? Math.log10(p) : null) : logp / Math.LN10;
  return exponent === null ? "< 1e-300" : `1e${MINUS}${Math.round(-exponent)}`;
}

/** As `precise`, but a whole number has the digits of its neighbours in a column: `15.00` beside `16.55`. */
function percent(value: number): string {
  return Number.isInteger(value) && value !== 0 && Math.abs(value) < 100 ? value.toFixed(2) : precise(value);
}

function precise(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (size >= 1000) return digits(value, 0);
  if (Number.isInteger(value)) return digits(value, 0);
  if (size >= 0.1) return value.toFixed(2);
  return value.toLocaleString("en-US", { maximumSignificantDigits: 2 });
}
