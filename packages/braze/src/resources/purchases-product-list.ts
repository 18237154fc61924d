import { rawTable } from "./columns.ts";
import { nameList } from "./simple-list.ts";

const rawProductName = rawTable("raw_product_name", ["product_name"], [["product_name", "STRING"]]);

/** The names of all products that were bought, as bare texts; how many a page holds is not documented. */
export const purchasesProductList = nameList({
  slug: "purchases-product-list",
  path: "/purchases/product_list",
  scope: "purchases.product_list",
  bucket: "names_and_products",
  paging: { style: "page" },
  field: "products",
  table: rawProductName,
  column: "product_name",
});
