import type { Resource } from "../resource.ts";
import { rawTable } from "./columns.ts";
import { seriesRows } from "./simple-series.ts";

const rawPurchaseQuantityDaily = rawTable(
  "raw_purchase_quantity_daily",
  ["product_name", "activity_date"],
  [
    ["product_name", "STRING"],
    ["activity_date", "DATE"],
    ["quantity", "INT64"],
    ["extra", "JSON"],
  ],
);
const KEY = ["product_name", "activity_date"];

/** Pieces of a product bought, by day. */
export const purchasesQuantitySeries: Resource = {
  slug: "purchases-quantity-series",
  path: "/purchases/quantity_series",
  scope: "purchases.quantity_series",
  bucket: "names_and_products",
  paging: { style: "none" },
  params: { unit: "day" },
  parent: "purchases-product-list",
  idParam: "product",
  window: { maxDays: 100 },
  lookbackDays: 3,
  keys: { [rawPurchaseQuantityDaily.table]: KEY },
  targets: [rawPurchaseQuantityDaily],
  toRows: seriesRows({
    table: rawPurchaseQuantityDaily,
    key: KEY,
    field: "purchase_quantity",
    column: "quantity",
    about: ({ objectId = "" }) => ({ product_name: objectId }),
  }),
};
