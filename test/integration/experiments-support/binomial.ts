/** Counts between which a binomial stays with 99.9 % probability: 0.05 % lies beyond each. */
export function binomialBounds(n: number, p: number): { least: number; most: number } {
  let [cumulative, log] = [0, n * Math.log1p(-p)];
  let least = -1;
  for (let k = 0; k <= n; k++) {
    cumulative += Math.exp(log);
    if (least < 0 && cumulative > 0.0005) least = k;
    if (cumulative >= 0.9995) return { least, most: k };
    log += Math.log(((n - k) / (k + 1)) * (p / (1 - p)));
  }
  return { least: Math.max(0, least), most: n };
}
