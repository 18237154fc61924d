import type { Resource } from "../resource.ts";
import { type NumberSeries, numberSeries } from "./number-series.ts";

/** How rows say that they are about all products together, as marts do of apps. */
export const ALL_PRODUCTS = { subjectIs: "all" } as const;

const revenue: Omit<NumberSeries, "slug"> = {
  path: "/purchases/revenue_series",
  scope: "purchases.revenue_series",
  bucket: "names_and_products",
  lookbackDays: 3,
  narrows: ["app"],
  isHourly: true,
  table: "raw_purchase_revenue",
  subject: "product_name",
  field: "revenue",
  column: "revenue",
  kind: "decimal",
};

/** Revenue of all products together: one call. */
export const purchasesRevenueTotalSeries: Resource = numberSeries({
  ...revenue,
  ...ALL_PRODUCTS,
  slug: "purchases-revenue-total-series",
});

/** Revenue of a product; its currency is not documented, and its type neither: whole numbers or fractions. */
export const purchasesRevenueSeries: Resource = numberSeries({
  ...revenue,
  slug: "purchases-revenue-series",
  parent: "purchases-product-list",
  idParam: "product",
});
