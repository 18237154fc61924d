import { z } from "zod";
import { Secret } from "../secret.ts";

/** Kinds of values that settings have. Text from `${ENV}` and from `LIFECYCLE__…` is read as the type that its key has. */

export const number = <T extends z.ZodType<number>>(inner: T) => z.preprocess(readNumber, inner);
export const int = (min: number, max: number) => number(z.int().min(min).max(max));
export const milliseconds = (min = 1, max = 86_400_000) => int(min, max);
export const flag = () => z.preprocess(readFlag, z.boolean());
export const secret = (minLength: number) =>
  z
    .string()
    .trim()
    .min(minLength, `expected at least ${minLength} characters`)
    .transform((value) => new Secret(value));

function readNumber(value: unknown): unknown {
  if (typeof value !== "string" || value.trim() === "") return value;
  return Number.isNaN(Number(value)) ? value : Number(value);
}

function readFlag(value: unknown): unknown {
  if (value === "true") return true;
  return value === "false" ? false : value;
}

export const TimeZone = z.string().refine(isTimeZone, "expected an IANA time zone, such as Europe/Berlin");

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}

export const HttpUrl = z
  .url({ protocol: /^https?$/, error: "expected an http(s) URL" })
  .refine((url) => !hasPassword(url), "expected a URL without user or password")
  .transform((url) => url.replace(/\/+$/, ""));

export const RedisUrl = z
  .string()
  .refine((url) => URL.canParse(url) && /^rediss?:$/.test(new URL(url).protocol), {
    error: "expected a URL such as redis://host:6379/0 or rediss://user:password@host:6380",
  })
  .transform((url) => new Secret(url));

function hasPassword(url: string): boolean {
  return URL.canParse(url) && (new URL(url).password !== "" || new URL(url).username !== "");
}
