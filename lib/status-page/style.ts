/** The page's style, for light and dark themes and for wide and narrow screens. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #f6f7f9; --card: #fff; --ink: #1c2330; --soft: #5b6474; --line: #dfe3ea;
  --green: #1a7f4b; --red: #c62f2f; --amber: #9a6700; --grey: #8a93a3;
  --red-tint: #fdf0ef; --amber-tint: #fdf7e7;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #11151c; --card: #191f29; --ink: #e6eaf1; --soft: #9aa5b7; --line: #2c3442;
    --green: #4cc38a; --red: #ff7b72; --amber: #e3b341; --grey: #7d8798;
    --red-tint: #2b1d20; --amber-tint: #2a2518;
  }
}
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif }
main { max-width: 76rem; margin: 0 auto; padding: 2rem 1.25rem }
header { display: flex; flex-wrap: wrap; align-items: baseline; justify-content: space-between; gap: .25rem 1rem }
h1 { margin: 0; font-size: 1.5rem; line-height: 1.2; overflow-wrap: anywhere }
p { margin: .5rem 0 }
#summary { font-size: 1.05rem; overflow-wrap: anywhere }
#storage { color: var(--soft); overflow-wrap: anywhere }
#storage:empty { display: none }
#live { margin: 0; color: var(--soft); font-size: .85rem }
#live:empty { display: none }
#live::before, .up::before, .lost::before {
  content: ""; display: inline-block; width: .6em; height: .6em; margin-inline-end: .45em;
  border: .15em solid currentColor; border-radius: 50%;
}
#live::before, .up::before { color: var(--green); background: currentColor }
.stale #live::before, .lost::before { color: var(--red); background: none }
.stale #live, .lost { color: var(--red); font-weight: 600 }
.stale table { opacity: .55 }
table { width: 100%; margin: 1.25rem 0 .75rem; border-collapse: separate; border-spacing: 0; background: var(--card); border: 1px solid var(--line); border-radius: .6rem; overflow: hidden }
table:has(tbody:empty) { display: none }
caption { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
th, td { padding: .7rem .9rem; text-align: start; vertical-align: middle; font-variant-numeric: tabular-nums }
thead th { color: var(--soft); font-size: .8rem; font-weight: 600; white-space: nowrap }
tbody th, tbody td { border-top: 1px solid var(--line) }
tbody th { font-weight: 600; overflow-wrap: anywhere; min-width: 8rem }
tr.opened { background: var(--red-tint) }
tr.half-opened { background: var(--amber-tint) }
.state { display: inline-flex; align-items: center; white-space: nowrap; font-weight: 600 }
.state::before {
  content: ""; display: inline-block; width: .75em; height: .75em; margin-inline-end: .5em;
  border: .16em solid currentColor; border-radius: 50%;
}
.closed .state { color: var(--green) }
.closed .state::before { background: currentColor }
.opened .state { color: var(--red) }
.half-opened .state { color: var(--amber) }
.half-opened .state::before { background: linear-gradient(90deg, currentColor 50%, transparent 50%) }
td:nth-child(4) { white-space: nowrap; min-width: 6.5rem }
code { font: .9em ui-monospace, monospace; overflow-wrap: anywhere }
time { color: var(--soft); font-size: .85em; white-space: nowrap }
.none, small { color: var(--soft) }
small { display: block; font-size: .8rem; overflow-wrap: anywhere }
small time { font-size: inherit }
svg { display: block; width: 15rem; height: 1.125rem; max-width: 100%; shape-rendering: crispEdges }
path { stroke-width: 3; fill: none }
path.success { stroke: var(--green) }
path.failure, path.slow { stroke: var(--red) }
path.ignored { stroke: var(--grey) }
path.refused, path.dry-run { stroke: var(--amber) }
footer { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .25rem 1.5rem; color: var(--soft); font-size: .85rem }
footer ul { display: flex; flex-wrap: wrap; gap: .25rem 1.1rem; margin: 0; padding: 0; list-style: none }
footer li { display: flex; align-items: center; gap: .4rem }
footer svg { width: .25rem }
a { color: inherit }
@media (max-width: 60rem) {
  main { padding: 1.25rem .9rem }
  thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
  table { background: none; border: 0; border-radius: 0; overflow: visible }
  table, tbody { display: block }
  tr { display: grid; grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); gap: .6rem 1rem; margin-bottom: .75rem; padding: .8rem .9rem; background: var(--card); border: 1px solid var(--line); border-radius: .6rem }
  tbody th, tbody td { padding: 0; border: 0; min-width: 0 }
  tbody th, tbody td[data-label^=Recent] { grid-column: 1 / -1 }
  td::before { content: attr(data-label); display: block; color: var(--soft); font-size: .75rem }
  td[data-label^=Recent]::before { margin-bottom: .2rem }
}
@media (forced-colors: active) {
  path { stroke: CanvasText }
}
`
