import type { Resource } from "../resource.ts";
import { rawTable } from "./columns.ts";
import { seriesRows } from "./simple-series.ts";

const rawPurchaseRevenueDaily = rawTable(
  "raw_purchase_revenue_daily",
  ["product_name", "activity_date"],
  [
    ["product_name", "STRING"],
    ["activity_date", "DATE"],
    ["revenue", "NUMERIC"],
    ["extra", "JSON"],
  ],
);
const KEY = ["product_name", "activity_date"];

/** Revenue of a product, by day; its currency is not documented. */
export const purchasesRevenueSeries: Resource = {
  slug: "purchases-revenue-series",
  path: "/purchases/revenue_series",
  scope: "purchases.revenue_series",
  bucket: "names_and_products",
  paging: { style: "none" },
  params: { unit: "day" },
  parent: "purchases-product-list",
  idParam: "product",
  window: { maxDays: 100 },
  lookbackDays: 3,
  keys: { [rawPurchaseRevenueDaily.table]: KEY },
  targets: [rawPurchaseRevenueDaily],
  toRows: seriesRows({
    table: rawPurchaseRevenueDaily,
    key: KEY,
    field: "revenue",
    column: "revenue",
    kind: "decimal",
    about: ({ objectId = "" }) => ({ product_name: objectId }),
  }),
};
