/** For a desk, a phone and paper, in light and dark. */
export const pageStyle = `
:root {
  --ink: #1d2329; --quiet: #5c6670; --paper: #ffffff; --raised: #f5f7f8; --line: #d9dee2; --link: #0b5cad;
  --good: #1a7f37; --bad: #b3261e; --warn: #8a5a00; --edge: #b4bdc5;
  --raw: #e8eaec; --stg: #dcebf9; --int: #e4e6fa; --dim: #f6e8d5; --fct: #f6e8d5; --agg: #d9f0e3; --exp: #f3e0f3; --ops: #f9e1de; --own: #f3efd2;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ink: #e3e7ea; --quiet: #9aa5ae; --paper: #14181b; --raised: #1d2327; --line: #343c42; --link: #7db8f2;
    --good: #63c685; --bad: #ff8a80; --warn: #e6b450; --edge: #56616a;
    --raw: #2b3136; --stg: #1c3347; --int: #2a2d4d; --dim: #43331d; --fct: #43331d; --agg: #1b3d2b; --exp: #3f2740; --ops: #472622; --own: #3d391c;
  }
}
* { box-sizing: border-box; }
html { scroll-padding-top: 4.5rem; }
body { margin: 0; color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
a { color: var(--link); text-decoration: none; }
a:hover { text-decoration: underline; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
code, pre { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
code { overflow-wrap: anywhere; }
[hidden] { display: none !important; }
.quiet, small { color: var(--quiet); font-weight: normal; }
header { position: sticky; top: 0; z-index: 2; display: flex; flex-wrap: wrap; gap: 0.4rem 1.2rem; align-items: center; padding: 0.7rem 1.2rem; background: var(--paper); border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 1.15rem; }
.search { flex: 1 1 14rem; max-width: 32rem; }
.search span { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
.search input { width: 100%; padding: 0.35rem 0.6rem; font: inherit; color: inherit; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; }
#found { margin: 0; color: var(--quiet); }
.page { display: grid; grid-template-columns: 17rem minmax(0, 1fr); }
nav { position: sticky; top: 3.6rem; align-self: start; max-height: calc(100vh - 3.6rem); padding: 0.8rem 0.6rem 2rem 1.2rem; overflow: auto; border-right: 1px solid var(--line); }
nav summary { color: var(--quiet); cursor: pointer; }
nav h4 { margin: 0.9rem 0 0.2rem; font-size: 0.8rem; color: var(--quiet); }
nav ul { margin: 0; padding: 0; list-style: none; }
nav li { overflow: hidden; font-size: 0.85rem; text-overflow: ellipsis; white-space: nowrap; }
main { min-width: 0; max-width: 82rem; padding: 1rem 1.6rem 6rem; }
h2 { margin: 2rem 0 0.6rem; font-size: 1.25rem; }
section#overview { margin-top: 0; }
.figures { display: flex; flex-wrap: wrap; gap: 0.6rem; padding: 0; list-style: none; }
.figures li { padding: 0.4rem 0.9rem; background: var(--raised); border: 1px solid var(--line); border-radius: 8px; }
.figures strong { font-size: 1.25rem; }
.figures .passed strong, .test.passed .said { color: var(--good); }
.figures .failed strong, .test.failed { color: var(--bad); }
.figures .warned strong, .test.warned { color: var(--warn); }
.canvas { overflow: auto; max-height: 80vh; border: 1px solid var(--line); border-radius: 8px; background: var(--raised); }
.lineage { display: block; }
.lineage path { fill: none; stroke: var(--edge); stroke-width: 1; }
.lineage rect { stroke: var(--line); stroke-width: 1; }
.lineage text { fill: var(--ink); font: 11px ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.lineage .published rect { stroke: var(--ink); stroke-width: 1.6; }
.lineage .raw rect { fill: var(--raw); } .lineage .stg rect { fill: var(--stg); } .lineage .int rect { fill: var(--int); }
.lineage .dim rect { fill: var(--dim); } .lineage .fct rect { fill: var(--fct); } .lineage .agg rect { fill: var(--agg); }
.lineage .exp rect { fill: var(--exp); } .lineage .ops rect { fill: var(--ops); } .lineage .own rect { fill: var(--own); }
.lineage .is-lit rect { stroke: var(--link); stroke-width: 2; }
.lineage path.is-lit { stroke: var(--link); stroke-width: 1.6; }
.lineage .is-off { opacity: 0.25; }
.lineage .is-missed { opacity: 0.15; }
article { margin: 0 0 1rem; padding: 0.9rem 1.1rem; border: 1px solid var(--line); border-radius: 8px; }
article:target { border-color: var(--link); }
h3 { margin: 0 0 0.3rem; font: 600 1rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
h3 a { color: inherit; }
article p { margin: 0.3rem 0 0.6rem; max-width: 75ch; }
.badge { display: inline-block; padding: 0 0.5em; font: 12px/1.6 system-ui, sans-serif; color: var(--quiet); border: 1px solid var(--line); border-radius: 10px; }
.badge.published { color: var(--good); border-color: currentColor; }
.badge.tag { background: var(--raised); }
dl { margin: 0 0 0.6rem; }
dl > div { display: grid; grid-template-columns: 9rem minmax(0, 1fr); }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
.tests { margin: 0; padding: 0; list-style: none; }
.wide { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 0.88rem; }
th, td { padding: 0.25rem 0.9rem 0.25rem 0; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
th { color: var(--quiet); font-weight: 500; }
td:nth-child(3) { min-width: 12rem; }
.test { margin-right: 0.5em; overflow-wrap: anywhere; }
td .test { white-space: nowrap; }
.test.unknown { color: var(--quiet); }
details.sql { margin-top: 0.5rem; }
details.sql summary { color: var(--link); cursor: pointer; }
pre { max-height: 34rem; margin: 0.4rem 0; padding: 0.8rem; overflow: auto; background: var(--raised); border-radius: 6px; tab-size: 2; }
pre code { overflow-wrap: normal; }
@media (max-width: 56rem) {
  .page { display: block; }
  header { padding: 0.6rem 0.9rem; }
  html { scroll-padding-top: 6.4rem; }
  nav { position: static; max-height: none; padding: 0.6rem 0.9rem; border-right: 0; border-bottom: 1px solid var(--line); }
  main { padding: 0.6rem 0.9rem 4rem; }
  nav li { padding: 0.2rem 0; font-size: 0.95rem; }
  dl > div { display: block; margin-bottom: 0.3rem; }
  article { padding: 0.7rem 0.8rem; }
  table, tbody, tr, td { display: block; }
  thead { display: none; }
  tr { padding: 0.35rem 0; border-bottom: 1px solid var(--line); }
  td { padding: 0; border: 0; }
  td:empty { display: none; }
  td .test { white-space: normal; }
  td:nth-child(1), td:nth-child(2) { display: inline-block; margin-right: 0.8em; }
  td:nth-child(2) { color: var(--quiet); }
}
@media print {
  :root { --ink: #000; --quiet: #444; --paper: #fff; --raised: #fff; --line: #bbb; --link: #000; }
  header, nav, #found { position: static; }
  nav, .search, details.sql:not([open]) { display: none; }
  .page { display: block; }
  main { max-width: none; padding: 0; }
  body { font-size: 10pt; }
  .canvas { max-height: none; overflow: visible; border: 0; }
  .lineage { width: 100%; height: auto; max-height: 95vh; }
  article { break-inside: avoid-page; border-color: #bbb; }
  pre { max-height: none; white-space: pre-wrap; }
}
`;
