import type { Resource } from "../resource.ts";
import { numberSeries } from "./number-series.ts";

/** Revenue of a product; its currency is not documented, and its type neither: whole numbers or fractions. */
export const purchasesRevenueSeries: Resource = numberSeries({
  slug: "purchases-revenue-series",
  path: "/purchases/revenue_series",
  scope: "purchases.revenue_series",
  bucket: "names_and_products",
  parent: "purchases-product-list",
  idParam: "product",
  lookbackDays: 3,
  narrows: ["app"],
  isHourly: true,
  table: "raw_purchase_revenue",
  subject: "product_name",
  field: "revenue",
  column: "revenue",
  kind: "decimal",
});
