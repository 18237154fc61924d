import type { Resource } from "../resource.ts";
import { rawTable } from "./columns.ts";
import { nameRows } from "./simple-list.ts";

const rawProductName = rawTable("raw_product_name", ["product_name"], [["product_name", "STRING"]]);

/** The names of all products that were bought, as bare texts; how many a page holds is not documented. */
export const purchasesProductList: Resource = {
  slug: "purchases-product-list",
  path: "/purchases/product_list",
  scope: "purchases.product_list",
  bucket: "names_and_products",
  paging: { style: "page" },
  params: {},
  object: { table: rawProductName.table, idColumn: "product_name", nameColumn: "product_name" },
  lookbackDays: 0,
  keys: { [rawProductName.table]: ["product_name"] },
  targets: [rawProductName],
  toRows: nameRows({ field: "products", table: rawProductName, column: "product_name" }),
};
