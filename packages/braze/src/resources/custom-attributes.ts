import { z } from "zod";
import { text, texts, whole } from "../decode/lenient.ts";
import { rawTable } from "./columns.ts";
import { objectList } from "./simple-list.ts";

const rawCustomAttribute = rawTable(
  "raw_custom_attribute",
  ["attribute_name"],
  [
    ["attribute_name", "STRING"],
    ["description", "STRING"],
    ["data_type", "STRING"],
    ["array_length", "INT64"],
    ["status", "STRING"],
    ["tags", "JSON"],
    ["extra", "JSON"],
  ],
);

const CustomAttribute = z
  .object({
    name: z.string().min(1),
    description: text(),
    data_type: text(),
    array_length: whole(),
    status: text(),
    tag_names: texts(),
  })
  .transform(({ name, tag_names, ...rest }) => ({ attribute_name: name, ...rest, tags: tag_names }));

/** The custom attributes of user profiles: their names and types, never their values. */
export const customAttributes = objectList({
  slug: "custom-attributes",
  path: "/custom_attributes",
  scope: "custom_attributes.get",
  bucket: "names_and_products",
  paging: { style: "cursor" },
  field: "attributes",
  table: rawCustomAttribute,
  key: ["attribute_name"],
  schema: CustomAttribute,
});
