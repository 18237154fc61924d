import { ActivityKind } from "@lifecycle/simulation";
import { ApiError } from "../api-error.ts";
import type { Context, Endpoint } from "../endpoint.ts";
import type { Params } from "../params.ts";
import { slotsAsked } from "../series-window.ts";
import { type Measure, sumBySlot } from "../views/activity-series.ts";
import { appAsked, pageAsked } from "./lookups.ts";

const PRODUCTS_PER_PAGE = 100;

export const purchaseEndpoints: Endpoint[] = [
  {
    method: "GET",
    path: "/purchases/product_list",
    scope: "purchases.product_list",
    bucket: "names_and_products",
    answer({ params }, context) {
      const products = context.world.audience.catalogue.products.map(({ name }) => name);
      return { message: "success", products: pageAsked(params, PRODUCTS_PER_PAGE)(products) };
    },
  },
  {
    method: "GET",
    path: "/purchases/quantity_series",
    scope: "purchases.quantity_series",
    bucket: "names_and_products",
    objectParam: "product",
    answer: ({ params }, context) =>
      series(params, context, "quantity", "purchase_quantity", (pieces) => pieces),
  },
  {
    method: "GET",
    path: "/purchases/revenue_series",
    scope: "purchases.revenue_series",
    bucket: "names_and_products",
    objectParam: "product",
    answer: ({ params }, context) => series(params, context, "valueMinor", "revenue", (cents) => cents / 100),
  },
];

function series(
  params: Params,
  context: Context,
  measure: Measure,
  field: string,
  shown: (sum: number) => number,
): object {
  const slots = slotsAsked(params, context);
  const product = params.text("product");
  const item = context.world.audience.catalogue.products.findIndex(({ name }) => name === product);
  if (product !== undefined && item < 0) throw new ApiError(400, "Invalid product");
  const app = appAsked(params, context);
  const filter = { kind: ActivityKind.purchase, app, item: item < 0 ? undefined : item };
  const sums = sumBySlot(context.world, slots, context.nowMs, filter, measure);
  return { message: "success", data: slots.map(({ time }, at) => ({ time, [field]: shown(sums[at]!) })) };
}
