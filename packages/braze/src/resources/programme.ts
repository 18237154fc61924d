import type { TableContract } from "@lifecycle/contracts";
import { z } from "zod";
import { flag, instant, text, texts } from "../decode/lenient.ts";
import type { Resource } from "../resource.ts";
import { emptyRow } from "./columns.ts";
import { objectList } from "./simple-list.ts";

/** What the details of a campaign and of a Canvas both tell. */
export const programmeFields = {
  name: text(),
  tags: texts(),
  created_at: instant(),
  updated_at: instant(),
  archived: flag(),
  draft: flag(),
  enabled: flag(),
  schedule_type: text(),
  channels: texts(),
  description: text(),
};

/** Fields of both that have no column of their own. */
export const WITHOUT_COLUMN = ["message", "errors", "has_post_launch_draft", "teams"];

/** What changes by itself in both while they stay what they are. */
export const CHANGES_BY_ITSELF = ["message", "errors", "updated_at"];

/** Every campaign or Canvas, archived and stopped ones too. The columns that the list does not know are told by the details. */
export function programmeList(list: {
  slug: string;
  path: string;
  scope: string;
  /** Where the items stand in the body. */
  field: string;
  table: TableContract;
  idColumn: string;
  /** What an item tells beside its id, name, tags and last edit. */
  more?: Record<string, z.ZodType>;
}): Resource {
  const { slug, path, scope, field, table, idColumn, more } = list;
  const untold = emptyRow(table);
  return objectList({
    slug,
    path,
    scope,
    bucket: "default",
    paging: { style: "page" },
    params: { include_archived: "true", sort_direction: "asc" },
    object: { idColumn, nameColumn: "name" },
    field,
    table,
    key: [idColumn],
    schema: z
      .object({ id: z.string().min(1), name: text(), tags: texts(), last_edited: instant(), ...more })
      .transform(({ id, ...rest }) => ({ [idColumn]: id, ...rest })),
    about: () => untold,
  });
}
