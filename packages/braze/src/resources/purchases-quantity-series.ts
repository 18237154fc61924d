import type { Resource } from "../resource.ts";
import { numberSeries } from "./number-series.ts";

/** Pieces of a product bought. */
export const purchasesQuantitySeries: Resource = numberSeries({
  slug: "purchases-quantity-series",
  path: "/purchases/quantity_series",
  scope: "purchases.quantity_series",
  bucket: "names_and_products",
  parent: "purchases-product-list",
  idParam: "product",
  lookbackDays: 3,
  narrows: ["app"],
  isHourly: true,
  table: "raw_purchase_quantity",
  subject: "product_name",
  field: "purchase_quantity",
  column: "quantity",
});
