import { Html, html } from "./html.ts";
import { layOut, type Placed } from "./layout.ts";

/** A box of the lineage: a raw table or a model. */
export interface LineageNode {
  id: string;
  /** Which room of the tree it belongs to: decides its colour. */
  kind: string;
  /** What a pointer resting on it says. */
  title: string;
  isPublished: boolean;
  dependsOn: readonly string[];
}

const CHARACTER = 6.7;
const PADDING = 18;

/** The graph as inline SVG, each box a link to the part of the page that describes it. Nodes come after those they need. */
export function lineageSvg(nodes: readonly LineageNode[]): Html {
  const known = new Set(nodes.map(({ id }) => id));
  const placed = layOut({
    nodes: nodes.map(({ id }) => ({ id, width: Math.ceil(id.length * CHARACTER) + PADDING })),
    edges: nodes.flatMap(({ id, dependsOn }) =>
      dependsOn.filter((other) => known.has(other)).map((other) => [other, id] as const),
    ),
  });
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const { width, height } = placed;
  return html`<svg class="lineage" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" role="img" aria-label="Lineage of ${nodes.length} tables, from raw on the left to published on the right"><g class="edges">${placed.edges.map(edge)}</g>${placed.nodes.map((node) => box(node, byId.get(node.id)!))}</svg>`;
}

function edge({ from, to, points }: Placed["edges"][number]): Html {
  return html`<path data-from="${from}" data-to="${to}" d="${new Html(curve(points))}"/>`;
}

/** Straight inside a layer, a soft turn between two. */
function curve(points: readonly [number, number][]): string {
  const [[x0, y0], ...rest] = points as [[number, number], ...[number, number][]];
  let [lastX, lastY] = [x0, y0];
  let path = `M${round(x0)} ${round(y0)}`;
  for (const [x, y] of rest) {
    const middle = round((lastX + x) / 2);
    path +=
      y === lastY
        ? `H${round(x)}`
        : `C${middle} ${round(lastY)} ${middle} ${round(y)} ${round(x)} ${round(y)}`;
    [lastX, lastY] = [x, y];
  }
  return path;
}

function box({ id, x, y, width }: Placed["nodes"][number], node: LineageNode): Html {
  const name = node.isPublished ? `node ${node.kind} published` : `node ${node.kind}`;
  return html`<a href="#${id}" class="${name}" data-id="${id}"><title>${node.title}</title><rect x="${round(x)}" y="${round(y - 10)}" width="${width}" height="20" rx="4"/><text x="${round(x + PADDING / 2)}" y="${round(y + 4)}">${id}</text></a>`;
}

const round = (value: number) => Math.round(value * 10) / 10;
