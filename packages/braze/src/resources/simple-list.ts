import type { TableContract } from "@lifecycle/contracts";
import type { z } from "zod";
import { isObject, RowSink } from "../decode/row-sink.ts";
import type { Resource, RowContext } from "../resource.ts";

/** A list whose items are objects, one row each. Fields that `fields` does not name go to `extra`. */
export function listRows(list: {
  /** Where the items stand in the body. */
  field: string;
  table: TableContract;
  key: readonly string[];
  schema: z.ZodType<Record<string, unknown>>;
  /** The fields that `schema` reads. */
  fields: readonly string[];
  /** What a row has beside what stands in its item. */
  about?: (item: unknown, context: RowContext) => Record<string, unknown>;
}): Resource["toRows"] {
  const known = new Set(list.fields);
  return (body, context) => {
    const items = isObject(body) ? body[list.field] : undefined;
    if (!Array.isArray(items)) return RowSink.unexpected(`${list.field}: expected a list`);
    const sink = new RowSink();
    for (const item of items) {
      const extra = sink.unknown(list.table.table, item, known);
      sink.add(list.table.table, item, list.schema, { ...list.about?.(item, context), extra }, list.key);
    }
    return sink.done();
  };
}

/** A list of bare texts: each becomes the only column of its row. */
export function nameRows(list: { field: string; table: TableContract; column: string }): Resource["toRows"] {
  return (body, _context) => {
    const names = isObject(body) ? body[list.field] : undefined;
    if (!Array.isArray(names)) return RowSink.unexpected(`${list.field}: expected a list`);
    const sink = new RowSink();
    for (const name of names) sink.addText(list.table.table, list.column, name);
    return sink.done();
  };
}
