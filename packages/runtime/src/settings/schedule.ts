import { Slug } from "@lifecycle/contracts";
import { z } from "zod";
import { int, TimeZone } from "./values.ts";

type When =
  | { readonly kind: "every"; readonly seconds: number }
  | { readonly kind: "cron"; readonly pattern: string; readonly time_zone: string };

/** When a pipeline of a workspace runs by itself: one of four ways to say it, read as one of two. */
export const Schedule = z
  .strictObject({
    name: Slug,
    workspace: Slug,
    pipeline: Slug,
    every_seconds: int(1, 86_400 * 31).optional(),
    /** Minute of each hour. */
    hourly: int(0, 59).optional(),
    /** `HH:MM` of each day. */
    daily: z
      .string()
      .regex(/^([01]\d|2[0-3]):[0-5]\d$/, "expected HH:MM")
      .optional(),
    cron: z
      .string()
      .regex(/^\S+(\s+\S+){4,5}$/, "expected five or six cron fields")
      .optional(),
    time_zone: TimeZone.default("UTC"),
    window_days: int(1, 3650).optional(),
  })
  .transform(({ every_seconds, hourly, daily, cron, time_zone, ...rest }, context) => {
    const [hour, minute] = (daily ?? "").split(":").map(Number);
    const at = (pattern: string): When => ({ kind: "cron", pattern, time_zone });
    const every = (seconds: number): When => ({ kind: "every", seconds });
    const ways = [
      every_seconds !== undefined && { when: every(every_seconds), written: `every ${every_seconds} s` },
      hourly !== undefined && { when: at(`${hourly} * * * *`), written: `hourly at minute ${hourly}` },
      daily !== undefined && { when: at(`${minute} ${hour} * * *`), written: `daily at ${daily}` },
      cron !== undefined && { when: at(cron), written: `cron ${cron}` },
    ].filter((way) => way !== false);
    const [way, another] = ways;
    if (way && !another) return { ...rest, ...way };
    context.addIssue({
      code: "custom",
      message: "expected exactly one of every_seconds, hourly, daily, cron",
    });
    return z.NEVER;
  });
