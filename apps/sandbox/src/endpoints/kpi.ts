import { ActivityKind } from "@lifecycle/simulation";
import type { Slot } from "../day-range.ts";
import type { Context, Endpoint } from "../endpoint.ts";
import type { Params } from "../params.ts";
import { slotsAsked } from "../series-window.ts";
import { sumBySlot, usersBySlot } from "../views/activity-series.ts";
import { appAsked, segmentAsked } from "./lookups.ts";

/** A KPI: what it counts, per day and app. */
interface Kpi {
  name: string;
  count(context: Context, slots: Slot[], app: number | undefined): number[];
}

const counted =
  (kind: ActivityKind): Kpi["count"] =>
  (context, slots, app) =>
    sumBySlot(context.world, slots, context.nowMs, { kind, app }, "count");

const distinct =
  (daysBefore: number): Kpi["count"] =>
  (context, slots, app) => {
    const filter = { kind: ActivityKind.session, app };
    return usersBySlot(context.world, slots, context.nowMs, filter, daysBefore);
  };

const KPIS: Kpi[] = [
  { name: "new_users", count: counted(ActivityKind.signup) },
  { name: "dau", count: distinct(0) },
  { name: "mau", count: distinct(29) },
  { name: "uninstalls", count: counted(ActivityKind.uninstall) },
];

export const kpiEndpoints: Endpoint[] = [
  ...KPIS.map(
    (kpi): Endpoint => ({
      method: "GET",
      path: `/kpi/${kpi.name}/data_series`,
      scope: `kpi.${kpi.name}.data_series`,
      bucket: "default",
      objectParam: "app_id",
      answer({ params }, context) {
        const slots = slotsAsked(daysOnly(params), context);
        const counts = kpi.count(context, slots, appAsked(params, context));
        return { message: "success", data: slots.map(({ time }, at) => ({ time, [kpi.name]: counts[at] })) };
      },
    }),
  ),
  {
    method: "GET",
    path: "/sessions/data_series",
    scope: "sessions.data_series",
    bucket: "default",
    objectParam: "app_id",
    answer({ params }, context) {
      const slots = slotsAsked(params, context);
      const kind = ActivityKind.session;
      const filter = { kind, app: appAsked(params, context), segment: segmentAsked(params, context) };
      const counts = sumBySlot(context.world, slots, context.nowMs, filter, "count");
      return { message: "success", data: slots.map(({ time }, at) => ({ time, sessions: counts[at] })) };
    },
  },
];

/** KPIs know no `unit`: whatever it says is ignored. */
function daysOnly(params: Params): Params {
  return { ...params, choice: (_name, _choices, otherwise) => otherwise };
}
