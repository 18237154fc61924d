export interface Nodes {
  readonly x: Float64Array;
  readonly w: Float64Array;
}

const cache = new Map<number, Nodes>();

/** Gauss–Legendre nodes and weights on [−1, 1], by Newton on the Legendre recurrence; computed once per order. */
export function gaussLegendre(order: number): Nodes {
  const known = cache.get(order);
  if (known) return known;
  const x = new Float64Array(order);
  const w = new Float64Array(order);
  for (let i = 0; i < order; i++) {
    let node = Math.cos((Math.PI * (i + 0.75)) / (order + 0.5));
    let slope = 1;
    for (let step = 0; step < 100; step++) {
      const [value, derivative] = legendre(order, node);
      slope = derivative;
      const move = value / derivative;
      node -= move;
      if (Math.abs(move) < 1e-16) break;
    }
    x[i] = node;
    w[i] = 2 / ((1 - node * node) * slope * slope);
  }
  const nodes = { x, w };
  cache.set(order, nodes);
  return nodes;
}

function legendre(order: number, x: number): [value: number, derivative: number] {
  let [p0, p1] = [1, x];
  for (let k = 2; k <= order; k++) [p0, p1] = [p1, ((2 * k - 1) * x * p1 - (k - 1) * p0) / k];
  return [p1, (order * (x * p1 - p0)) / (x * x - 1)];
}

/** Nodes of a composite rule: `panels` equal panels of `order` nodes each on [from, to]. */
export function compositeNodes(from: number, to: number, panels: number, order: number): Nodes {
  const rule = gaussLegendre(order);
  const x = new Float64Array(panels * order);
  const w = new Float64Array(panels * order);
  const half = (to - from) / (2 * panels);
  for (let panel = 0; panel < panels; panel++) {
    const centre = from + (2 * panel + 1) * half;
    for (let i = 0; i < order; i++) {
      x[panel * order + i] = centre - half * rule.x[i]!;
      w[panel * order + i] = half * rule.w[i]!;
    }
  }
  return { x, w };
}
