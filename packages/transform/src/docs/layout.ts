/**
 * A layered drawing of a directed graph, left to right: longest-path ranks, orders by barycentre sweeps (Sugiyama, Tagawa and Toda
 * 1981), heights by least squares with a minimum gap (pool adjacent violators). Long edges of one node share their way.
 */
export interface Graph {
  /** In an order in which each comes after those it needs. */
  nodes: readonly { id: string; width: number }[];
  edges: readonly (readonly [from: string, to: string])[];
}

export interface Placed {
  width: number;
  height: number;
  /** `x` is the left side, `y` the middle. */
  nodes: { id: string; x: number; y: number; width: number }[];
  /** From the right side of one node to the left side of the other, through the layers between. */
  edges: { from: string; to: string; points: [x: number, y: number][] }[];
}

interface Cell {
  id: string;
  rank: number;
  width: number;
  /** A place where a long edge crosses a layer: takes less room. */
  isWaypoint: boolean;
  before: Cell[];
  after: Cell[];
  y: number;
}

const NODE_HEIGHT = 26;
const WAYPOINT_HEIGHT = 8;
const LAYER_GAP = 56;
const MARGIN = 12;
const SWEEPS = 24;

export function layOut(graph: Graph): Placed {
  const { cells, ways } = cellsOf(graph);
  const layers = layersOf(cells);
  for (let sweep = 0; sweep < SWEEPS; sweep++) orderBy(layers, sweep % 2 === 0 ? "before" : "after");
  for (const layer of layers) spread(layer, (_, index) => index * NODE_HEIGHT);
  for (let sweep = 0; sweep < SWEEPS; sweep++)
    for (const layer of sweep % 2 === 0 ? layers : layers.toReversed()) spread(layer, neighbourHeight);
  return drawn(graph, cells, layers, ways);
}

function cellsOf(graph: Graph): { cells: Map<string, Cell>; ways: Map<string, Cell[]> } {
  const cells = new Map<string, Cell>();
  for (const { id, width } of graph.nodes)
    cells.set(id, { id, rank: 0, width, isWaypoint: false, before: [], after: [], y: 0 });
  rank(graph, cells);
  const ways = new Map<string, Cell[]>();
  for (const [from, to] of graph.edges) {
    const [start, end] = [cells.get(from), cells.get(to)];
    if (!start || !end) continue;
    const way = [start];
    for (let at = start.rank + 1; at < end.rank; at++) way.push(waypoint(cells, start, at));
    way.push(end);
    for (let i = 1; i < way.length; i++) connect(way[i - 1]!, way[i]!);
    ways.set(`${from} ${to}`, way);
  }
  return { cells, ways };
}

/** One beyond the farthest it needs; what needs nothing stands right before its first reader. */
function rank(graph: Graph, cells: ReadonlyMap<string, Cell>): void {
  const needs = Map.groupBy(graph.edges, ([, to]) => to);
  for (const { id } of graph.nodes) {
    const above = (needs.get(id) ?? []).map(([from]) => cells.get(from)?.rank ?? 0);
    cells.get(id)!.rank = above.length === 0 ? 0 : Math.max(...above) + 1;
  }
  const readers = Map.groupBy(graph.edges, ([from]) => from);
  for (const { id } of graph.nodes) {
    const below = (readers.get(id) ?? []).map(([, to]) => cells.get(to)?.rank ?? 1);
    if (!needs.has(id) && below.length > 0) cells.get(id)!.rank = Math.min(...below) - 1;
  }
}

function waypoint(cells: Map<string, Cell>, start: Cell, at: number): Cell {
  const id = `${start.id} @${at}`;
  const found = cells.get(id) ?? {
    id,
    rank: at,
    width: 0,
    isWaypoint: true,
    before: [],
    after: [],
    y: 0,
  };
  cells.set(id, found);
  return found;
}

function connect(left: Cell, right: Cell): void {
  if (left.after.includes(right)) return;
  left.after.push(right);
  right.before.push(left);
}

function layersOf(cells: ReadonlyMap<string, Cell>): Cell[][] {
  const layers: Cell[][] = [];
  for (const cell of cells.values()) {
    layers[cell.rank] ??= [];
    layers[cell.rank]!.push(cell);
  }
  return Array.from(layers, (layer) => layer ?? []);
}

/** Each layer in the order of the mean place of its neighbours on one side; who has none keeps its place. */
function orderBy(layers: readonly Cell[][], side: "before" | "after"): void {
  for (const layer of side === "before" ? layers : layers.toReversed()) {
    const wanted = new Map<Cell, number>();
    layer.forEach((cell, index) => {
      const places = cell[side].map((other) => layers[other.rank]!.indexOf(other));
      const size = cell[side][0] ? layers[cell[side][0].rank]!.length : layer.length;
      const own = (index + 0.5) / layer.length;
      wanted.set(cell, places.length === 0 ? own : (mean(places) + 0.5) / size);
    });
    layer.sort((a, b) => wanted.get(a)! - wanted.get(b)!);
  }
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function neighbourHeight(cell: Cell): number {
  const around = [...cell.before, ...cell.after];
  return around.length === 0 ? cell.y : mean(around.map(({ y }) => y));
}

/** Gives each cell of a layer the height nearest to the wanted one that keeps order and gaps. */
function spread(layer: readonly Cell[], wanted: (cell: Cell, index: number) => number): void {
  const offsets = [0];
  for (let i = 1; i < layer.length; i++)
    offsets.push(offsets[i - 1]! + (heightOf(layer[i - 1]!) + heightOf(layer[i]!)) / 2);
  const blocks: { sum: number; size: number }[] = [];
  layer.forEach((cell, i) => {
    let block = { sum: wanted(cell, i) - offsets[i]!, size: 1 };
    for (let last = blocks.at(-1); last && last.sum / last.size > block.sum / block.size; ) {
      blocks.pop();
      block = { sum: last.sum + block.sum, size: last.size + block.size };
      last = blocks.at(-1);
    }
    blocks.push(block);
  });
  let index = 0;
  for (const { sum, size } of blocks) {
    for (let i = 0; i < size; i++, index++) layer[index]!.y = sum / size + offsets[index]!;
  }
}

function heightOf(cell: Cell): number {
  return cell.isWaypoint ? WAYPOINT_HEIGHT : NODE_HEIGHT;
}

function drawn(
  graph: Graph,
  cells: ReadonlyMap<string, Cell>,
  layers: readonly Cell[][],
  ways: ReadonlyMap<string, Cell[]>,
): Placed {
  const all = [...cells.values()];
  const top = Math.min(0, ...all.map(({ y }) => y)) - NODE_HEIGHT / 2 - MARGIN;
  const bottom = Math.max(0, ...all.map(({ y }) => y)) + NODE_HEIGHT / 2 + MARGIN;
  const lefts: number[] = [];
  let x = MARGIN;
  for (const layer of layers) {
    lefts.push(x);
    x += Math.max(0, ...layer.map(({ width }) => width)) + LAYER_GAP;
  }
  const widthOf = (at: number) => (lefts[at + 1] ?? x) - lefts[at]! - LAYER_GAP;
  return {
    width: x - LAYER_GAP + MARGIN,
    height: bottom - top,
    nodes: graph.nodes.map(({ id, width }) => {
      const cell = cells.get(id)!;
      return { id, width, x: lefts[cell.rank]!, y: cell.y - top };
    }),
    edges: [...ways.values()].map((way) => ({
      from: way[0]!.id,
      to: way.at(-1)!.id,
      points: way.flatMap((cell, i): [number, number][] => {
        const [left, y] = [lefts[cell.rank]!, cell.y - top];
        if (i === 0) return [[left + cell.width, y]];
        if (i === way.length - 1) return [[left, y]];
        return [
          [left, y],
          [left + widthOf(cell.rank), y],
        ];
      }),
    })),
  };
}
