/** The few parts of jStat this package starts its quantiles from; jStat ships no types of its own. */
declare module "jstat" {
  interface JStat {
    readonly normal: { inv(p: number, mean: number, sd: number): number };
    readonly studentt: { inv(p: number, df: number): number };
    readonly chisquare: { inv(p: number, df: number): number };
    readonly beta: { inv(p: number, a: number, b: number): number };
  }
  const jStat: JStat;
  export default jStat;
}
