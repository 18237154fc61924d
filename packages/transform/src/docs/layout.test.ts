import { describe, expect, test } from "vitest";
import { layOut } from "./layout.ts";

const graph = (edges: [string, string][]) => {
  const ids = [...new Set(edges.flat())].sort();
  return layOut({ nodes: ids.map((id) => ({ id, width: 100 })), edges });
};
const at = (placed: ReturnType<typeof layOut>, id: string) => placed.nodes.find((node) => node.id === id)!;

describe("a layered drawing", () => {
  const placed = graph([
    ["a1", "b1"],
    ["a2", "b1"],
    ["a2", "b2"],
    ["a3", "c1"],
    ["b1", "c1"],
    ["b2", "c1"],
    ["c1", "d1"],
    ["a1", "d1"],
  ]);

  test("goes from left to right, along each edge", () => {
    for (const { from, to, points } of placed.edges) {
      expect(at(placed, from).x + 100).toBeLessThan(at(placed, to).x);
      const xs = points.map(([x]) => x);
      expect(xs).toEqual(xs.toSorted((a, b) => a - b));
      expect(points.at(0)).toEqual([at(placed, from).x + 100, at(placed, from).y]);
      expect(points.at(-1)).toEqual([at(placed, to).x, at(placed, to).y]);
    }
  });

  test("puts what needs nothing right before its first reader", () => {
    expect(at(placed, "a3").x).toBe(at(placed, "b1").x);
  });

  test("keeps boxes apart and inside", () => {
    for (const one of placed.nodes) {
      expect(one.y).toBeGreaterThan(13);
      expect(one.y).toBeLessThan(placed.height - 13);
      expect(one.x + one.width).toBeLessThan(placed.width);
      for (const other of placed.nodes)
        if (one !== other && one.x === other.x)
          expect(Math.abs(one.y - other.y)).toBeGreaterThanOrEqual(25.9);
    }
  });

  test("crosses no edges where none has to be crossed", () => {
    const ladder = graph([
      ["a1", "b9"],
      ["a2", "b8"],
      ["a3", "b7"],
      ["a4", "b6"],
    ]);
    const order = (prefix: string) =>
      ladder.nodes
        .filter(({ id }) => id.startsWith(prefix))
        .sort((a, b) => a.y - b.y)
        .map(({ id }) => id);
    const partners = order("a").map((id) => ladder.edges.find(({ from }) => from === id)!.to);
    expect(order("b")).toEqual(partners);
  });

  test("of nothing is empty", () => {
    expect(layOut({ nodes: [], edges: [] })).toMatchObject({ nodes: [], edges: [] });
  });
});
