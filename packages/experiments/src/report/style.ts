/** The one style of all pages: two colour schemes by preference, a phone's width, and paper. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1c2128; --soft: #57606a; --rule: #d0d7de; --panel: #f6f8fa; --track: #e9edf1;
  --good: #1a7f37; --bad: #b42318; --plain: #0550ae; --warn: #8a5a00; --band: #0550ae26; }
@media (prefers-color-scheme: dark) { :root { --paper: #0f1318; --ink: #e6edf3; --soft: #9aa6b2; --rule: #30363d; --panel: #181d24; --track: #262d36;
  --good: #4ac26b; --bad: #ff8178; --plain: #6cb0ff; --warn: #e0b050; --band: #6cb0ff2e; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 84rem; padding: 1.5rem 1.25rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; overflow-wrap: anywhere; }
h2 { font-size: 1.15rem; margin: 2.5rem 0 .5rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
p { margin: .4rem 0; max-width: 46rem; }
a { color: var(--plain); }
.soft { color: var(--soft); font-size: .9em; }
.verdicts { display: grid; gap: .75rem; margin: 1.25rem 0; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); }
.verdict { border: 1px solid var(--rule); border-left: .4rem solid var(--soft); border-radius: .4rem; padding: .7rem .9rem; background: var(--panel);
  break-inside: avoid; }
.verdict h3 { margin: 0; font-size: 1rem; overflow-wrap: anywhere; }
.verdict .say { font-weight: 650; font-size: 1.05rem; margin: .1rem 0 .3rem; }
.verdict.ship { border-left-color: var(--good); } .verdict.ship .say { color: var(--good); }
.verdict.stop_harm, .verdict.invalid { border-left-color: var(--bad); }
.verdict.stop_harm .say, .verdict.invalid .say { color: var(--bad); }
.verdict.keep_running { border-left-color: var(--plain); } .verdict.keep_running .say { color: var(--plain); }
.say.ship { color: var(--good); } .say.stop_harm, .say.invalid { color: var(--bad); } .say.keep_running { color: var(--plain); }
code { font-size: .92em; overflow-wrap: anywhere; }
.counts { display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; margin: 1rem 0; padding: 0; list-style: none; }
.counts a { color: inherit; text-decoration: none; } .counts b { font-size: 1.5rem; display: block; line-height: 1.2; }
figure { margin: 1rem 0; break-inside: avoid; }
figcaption { color: var(--soft); font-size: .9em; max-width: 46rem; margin-top: .25rem; }
.chart svg { display: block; max-width: 100%; height: auto; }
.chart.narrow { display: none; }
@media screen and (max-width: 40rem) { .chart.wide { display: none; } .chart.narrow { display: block; } }
.scroll { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; width: 100%; font-size: .86rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); font-size: 1.05em; padding-bottom: .3rem; }
caption span { position: sticky; left: 0; display: inline-block; max-width: min(46rem, calc(100vw - 1.8rem)); }
th, td { text-align: left; padding: .32rem .55rem .32rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; font-weight: normal; }
thead th { color: var(--soft); vertical-align: bottom; border-bottom: 2px solid var(--rule); }
tbody th { min-width: 8rem; overflow-wrap: break-word; } tbody th.nowrap { min-width: 0; }
td.words { min-width: 8rem; } .nowrap { white-space: nowrap; }
.number { text-align: right; } td.number { white-space: nowrap; }
.pass { color: var(--good); } .fail { color: var(--bad); font-weight: 650; } .warn { color: var(--warn); font-weight: 650; }
.not_checked { color: var(--soft); }
@media (max-width: 40rem) { body { padding: 1rem .9rem 3rem; } h1 { font-size: 1.35rem; } }
@media print { :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #444; --rule: #bbb; --panel: #fff; --track: #eee; --good: #14632b; --bad: #8f1c13;
  --plain: #043f87; --warn: #6b4600; --band: #043f8722; }
  @page { margin: 12mm; }
  body { max-width: none; padding: 0; font-size: 10pt; } table { font-size: 7.5pt; } .verdict .say { font-size: 12pt; } tbody th, td.words { min-width: 0; }
  th, td { padding-right: .3rem; } td.interval { white-space: normal; } .scroll { overflow: visible; }
  h2 { break-after: avoid; } tr { break-inside: avoid; } a { color: inherit; } }
`;
