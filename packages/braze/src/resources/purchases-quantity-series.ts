import type { Resource } from "../resource.ts";
import { type NumberSeries, numberSeries } from "./number-series.ts";
import { ALL_PRODUCTS } from "./purchases-revenue-series.ts";

const pieces: Omit<NumberSeries, "slug"> = {
  path: "/purchases/quantity_series",
  scope: "purchases.quantity_series",
  bucket: "names_and_products",
  lookbackDays: 3,
  narrows: ["app"],
  isHourly: true,
  table: "raw_purchase_quantity",
  subject: "product_name",
  field: "purchase_quantity",
  column: "quantity",
};

/** Pieces bought of all products together: one call. */
export const purchasesQuantityTotalSeries: Resource = numberSeries({
  ...pieces,
  ...ALL_PRODUCTS,
  slug: "purchases-quantity-total-series",
});

/** Pieces of a product bought: a call for each product, of a pool of 1,000 an hour. */
export const purchasesQuantitySeries: Resource = numberSeries({
  ...pieces,
  slug: "purchases-quantity-series",
  parent: "purchases-product-list",
  idParam: "product",
});
