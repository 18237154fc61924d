import type { ContactEvent, ContactList } from "@lifecycle/simulation";
import { ApiError } from "../api-error.ts";
import type { Context, Endpoint } from "../endpoint.ts";
import type { Params } from "../params.ts";
import { stamp } from "../views/message-shapes.ts";

export const contactEndpoints: Endpoint[] = [
  {
    method: "GET",
    path: "/email/hard_bounces",
    scope: "email.hard_bounces",
    bucket: "default",
    answer: ({ params }, context) => ({
      emails: emails(params, context, "hard_bounces", "hard_bounced_at", "desc"),
      message: "success",
    }),
  },
  {
    method: "GET",
    path: "/email/unsubscribes",
    scope: "email.unsubscribe",
    bucket: "default",
    answer({ params }, context) {
      const order = params.choice("sort_direction", ["asc", "desc"], "desc");
      return {
        emails: emails(params, context, "unsubscribes", "unsubscribed_at", order),
        message: "success",
      };
    },
  },
  {
    method: "GET",
    path: "/sms/invalid_phone_numbers",
    scope: "sms.invalid_phone_numbers",
    bucket: "default",
    answer({ params }, context) {
      const numbers = params.list("phone_numbers");
      const reason = params.text("reason");
      if (reason && reason !== "provider_error" && reason !== "deactivated") {
        throw new ApiError(400, "reason is invalid");
      }
      const found =
        numbers.length > 0
          ? everAdded(context, "invalid_phones")
          : between(params, context, "invalid_phones");
      const rows = found
        .map((event) => ({ event, phone: profileOf(event, context).phone }))
        .filter(({ phone }) => numbers.length === 0 || numbers.includes(phone))
        .filter(({ event }) => !reason || event.reason === reason)
        .reverse()
        .map(({ event, phone }) => ({
          phone,
          invalid_detected_at: stamp(event.atMs),
          reason: event.reason,
        }));
      return { sms: page(rows, params), message: "success" };
    },
  },
];

function emails(
  params: Params,
  context: Context,
  list: ContactList,
  field: string,
  order: "asc" | "desc",
): object[] {
  const email = params.text("email");
  const found = email === undefined ? between(params, context, list) : everAdded(context, list);
  const rows = found
    .map((event) => ({ email: profileOf(event, context).email, [field]: stamp(event.atMs) }))
    .filter((row) => email === undefined || row.email === email);
  if (order === "desc") rows.reverse();
  return page(rows, params);
}

/** What was added from midnight UTC of `start_date` to midnight UTC of `end_date`, ascending. */
function between(params: Params, context: Context, list: ContactList): ContactEvent[] {
  const start = params.instant("start_date");
  const end = params.instant("end_date");
  if (!start?.dateOnly || !end?.dateOnly || start.ms >= end.ms) {
    throw new ApiError(400, "start_date must be a day before end_date, both as YYYY-MM-DD");
  }
  return added(context, list, start.ms, end.ms);
}

function everAdded(context: Context, list: ContactList): ContactEvent[] {
  return added(context, list, context.world.calendar.startOf(context.world.firstDay), context.nowMs + 1);
}

function added(context: Context, list: ContactList, fromMs: number, untilMs: number): ContactEvent[] {
  const { calendar, audience, firstDay } = context.world;
  const last = Math.min(untilMs, context.nowMs + 1);
  const events: ContactEvent[] = [];
  for (let day = Math.max(firstDay, calendar.dayOf(fromMs)); day <= calendar.dayOf(last); day++) {
    events.push(...audience.contacts(list, day).filter(({ atMs }) => atMs >= fromMs && atMs < last));
  }
  return events;
}

function page<T>(rows: T[], params: Params): T[] {
  const limit = params.whole("limit", 1, 500) ?? 100;
  const offset = params.whole("offset", 0, 100_000_000) ?? 0;
  return rows.slice(offset, offset + limit);
}

function profileOf(event: ContactEvent, context: Context) {
  const { audience } = context.world;
  return audience.profile(audience.population.user(event.user));
}
