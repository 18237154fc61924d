import { type AstNode, Fields, isNode } from "./ast.ts";
import { SqlProblem } from "./problem.ts";
import type { Renderer } from "./render.ts";
import { ident } from "./text.ts";

/** `a DESC, b`. Where NULLs go is the session's `default_null_order`, unless the text says so. */
export function orderList(items: readonly AstNode[], render: Renderer): string {
  return items.map((item) => orderItem(item, render)).join(", ");
}

function orderItem(item: AstNode, render: Renderer): string {
  const fields = new Fields("order_by", item);
  const value = render.plain(fields.node("this"));
  const direction = fields.flag("desc") ? " DESC" : "";
  const nullsFirst = fields.raw("nulls_first");
  fields.done();
  const nulls = nullsFirst === true ? " NULLS FIRST" : nullsFirst === false ? " NULLS LAST" : "";
  return `${value}${direction}${nulls}`;
}

/** `OVER (…)` or `OVER w`. */
export function overSql(node: AstNode, render: Renderer): string {
  const fields = new Fields("over", node);
  const name = fields.name("window_name");
  const inside = specification(fields, render);
  fields.done();
  if (name !== undefined && inside === "") return ` OVER ${ident(name)}`;
  return ` OVER (${[name === undefined ? "" : ident(name), inside].filter((text) => text !== "").join(" ")})`;
}

/** Whether the window itself has an order; a named one is trusted, BigQuery checks it. */
export function isOrdered(node: AstNode): boolean {
  return (
    (Array.isArray(node.order_by) && node.order_by.length > 0) ||
    isNode(node.window_name) ||
    typeof node.window_name === "string"
  );
}

export function namedWindows(windows: readonly AstNode[], render: Renderer): string {
  if (windows.length === 0) return "";
  const parts = windows.map((window) => {
    const fields = new Fields("window", window);
    const name = fields.name("name") ?? "";
    const spec = new Fields("window", fields.node("spec"));
    const base = spec.name("window_name");
    const inside = [base === undefined ? "" : ident(base), specification(spec, render)].filter(
      (text) => text !== "",
    );
    spec.done();
    fields.done();
    return `${ident(name)} AS (${inside.join(" ")})`;
  });
  return `WINDOW ${parts.join(", ")}`;
}

function specification(fields: Fields, render: Renderer): string {
  const partition = fields.list("partition_by");
  const order = fields.list("order_by");
  const frame = fields.optional("frame");
  return [
    partition.length > 0 ? `PARTITION BY ${render.exprs(partition).join(", ")}` : "",
    order.length > 0 ? `ORDER BY ${orderList(order, render)}` : "",
    frame === undefined ? "" : frameSql(frame, render),
  ]
    .filter((text) => text !== "")
    .join(" ");
}

function frameSql(node: AstNode, render: Renderer): string {
  const fields = new Fields("frame", node);
  const kind = fields.text("kind")?.toUpperCase();
  if (kind !== "ROWS" && kind !== "RANGE")
    throw new SqlProblem("window.frame", `${kind} frames are not allowed`);
  const start = boundSql(fields.raw("start"), render);
  const end = fields.raw("end");
  fields.done();
  // A frame with a start alone ends at the current row, in BigQuery as in DuckDB.
  return end === undefined ? `${kind} ${start}` : `${kind} BETWEEN ${start} AND ${boundSql(end, render)}`;
}

const fixedBounds: Readonly<Record<string, string>> = {
  CurrentRow: "CURRENT ROW",
  UnboundedPreceding: "UNBOUNDED PRECEDING",
  UnboundedFollowing: "UNBOUNDED FOLLOWING",
};

function boundSql(bound: unknown, render: Renderer): string {
  if (typeof bound === "string" && fixedBounds[bound] !== undefined) return fixedBounds[bound];
  if (isNode(bound)) {
    if (isNode(bound.Preceding)) return `${render.plain(bound.Preceding)} PRECEDING`;
    if (isNode(bound.Following)) return `${render.plain(bound.Following)} FOLLOWING`;
  }
  throw new SqlProblem(
    "window.frame",
    "this frame bound is not allowed",
    "Use n PRECEDING, CURRENT ROW or n FOLLOWING.",
  );
}
