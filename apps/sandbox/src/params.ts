import { ApiError } from "./api-error.ts";

/** Query parameters as an endpoint reads them. Each reader throws an `ApiError` of status 400 for a value that is wrong. */
export interface Params {
  text(name: string): string | undefined;
  requiredText(name: string): string;
  flag(name: string): boolean;
  whole(name: string, least: number, most: number): number | undefined;
  choice<T extends string>(name: string, choices: readonly T[], otherwise: T): T;
  /** Epoch milliseconds; `dateOnly` says that no time of day was given. */
  instant(name: string): { ms: number; dateOnly: string | undefined } | undefined;
  list(name: string): string[];
}

export function readParams(query: URLSearchParams): Params {
  const text = (name: string) => query.get(name) || undefined;
  return {
    text,
    requiredText(name) {
      const value = text(name);
      if (value === undefined) throw new ApiError(400, `The ${name} parameter is required`);
      return value;
    },
    flag(name) {
      const value = text(name) ?? "false";
      if (value !== "true" && value !== "false") throw new ApiError(400, `${name} must be true or false`);
      return value === "true";
    },
    whole(name, least, most) {
      const value = text(name);
      if (value === undefined) return undefined;
      const number = Number(value);
      if (/^\d+$/.test(value) && number >= least && number <= most) return number;
      throw new ApiError(400, `${name} must be an integer from ${least} to ${most}`);
    },
    choice<T extends string>(name: string, choices: readonly T[], otherwise: T): T {
      const value = text(name);
      if (value === undefined) return otherwise;
      const found = choices.find((choice) => choice === value);
      if (found === undefined) throw new ApiError(400, `${name} must be one of ${choices.join(", ")}`);
      return found;
    },
    instant(name) {
      const value = text(name);
      if (value === undefined) return undefined;
      const ms = parseInstant(value);
      if (Number.isNaN(ms)) throw new ApiError(400, `${name} is not a valid ISO 8601 time`);
      return { ms, dateOnly: /^\d{4}-\d{2}-\d{2}$/.test(value) ? value : undefined };
    },
    list: (name) => [...query.getAll(`${name}[]`), ...query.getAll(name)],
  };
}

const INSTANT =
  /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+\- ]\d{1,2}(?::?\d{2})?)?)?$/;

/**
 * Reads ISO 8601 as leniently as the documentation's own examples need: an hour offset of one digit, no seconds, and a
 * `+` that arrived as a space. Without an offset the time is UTC. NaN when it cannot be read.
 */
export function parseInstant(text: string): number {
  const match = INSTANT.exec(text.trim());
  if (!match) return Number.NaN;
  const [, date, hours = "00", minutes = "00", seconds = "00", , offset = "Z"] = match;
  const utc = Date.parse(`${date}T${hours}:${minutes}:${seconds}Z`);
  if (offset === "Z") return utc;
  const sign = offset.startsWith("-") ? -1 : 1;
  const parts = /^.(\d{1,2}):?(\d{2})?$/.exec(offset)!;
  return utc - sign * (Number(parts[1]) * 60 + Number(parts[2] ?? 0)) * 60_000;
}
