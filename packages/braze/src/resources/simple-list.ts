import type { TableContract } from "@lifecycle/contracts";
import type { z } from "zod";
import { isObject, RowSink } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";

type About = Pick<Resource, "slug" | "path" | "scope" | "bucket" | "paging"> &
  Partial<Pick<Resource, "params" | "paramsOn" | "window" | "lookbackDays">>;

interface List extends About {
  /** Where the items stand in the body. */
  field: string;
  table: TableContract;
  key: readonly string[];
  /** The columns that hold the id and the name of an object, where other resources are asked for by it. */
  object?: { idColumn: string; nameColumn: string };
}

/** An object of fields, or one that becomes the columns of a row. */
type ItemSchema = z.ZodType<Record<string, unknown>> & ({ shape: object } | { in: { shape: object } });

export interface ObjectList extends List {
  schema: ItemSchema;
  /** What a row has beside what stands in its item. */
  about?: (item: unknown, context: RowContext) => Record<string, unknown>;
}

/** A list of one table, read whole unless it has a window. */
function listed(list: List, toRows: Resource["toRows"]): Resource {
  const { slug, path, scope, bucket, paging, params = {}, paramsOn, window, lookbackDays = 0 } = list;
  const { table } = list.table;
  return {
    slug,
    path,
    scope,
    bucket,
    paging,
    params,
    ...(paramsOn ? { paramsOn } : {}),
    ...(window ? { window } : {}),
    ...(list.object ? { object: { table, ...list.object } } : {}),
    lookbackDays,
    keys: { [table]: list.key },
    targets: [list.table],
    toRows,
  };
}

/** A list whose items are objects, one row each. Fields that the schema does not read go to `extra`. */
export function objectList(list: ObjectList): Resource {
  const { field, key, schema, about } = list;
  const { table } = list.table;
  const known = new Set(Object.keys("shape" in schema ? schema.shape : schema.in.shape));
  return listed(list, (body, context) => {
    const items = isObject(body) ? body[field] : undefined;
    if (!Array.isArray(items)) return RowSink.unexpected(`${field}: expected a list`);
    const sink = new RowSink();
    for (const item of items) {
      const extra = sink.unknown(table, item, known);
      sink.add(table, item, schema, { ...about?.(item, context), extra }, key);
    }
    return sink.done();
  });
}

/** A list of bare texts: each becomes the only column of its row, which is the name of an object and its id. */
export function nameList({ column, ...list }: Omit<List, "key" | "object"> & { column: string }): Resource {
  const { field } = list;
  const object = { idColumn: column, nameColumn: column };
  return listed({ ...list, key: [column], object }, (body) => {
    const names = isObject(body) ? body[field] : undefined;
    if (!Array.isArray(names)) return RowSink.unexpected(`${field}: expected a list`);
    const sink = new RowSink();
    for (const name of names) sink.addText(list.table.table, column, name);
    return sink.done();
  });
}
