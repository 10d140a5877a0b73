"""The look of a report: light and dark as the reader has it, on a phone and on paper."""

STYLE = """
:root { color-scheme: light dark; --ground: #fff; --words: #1b1f24; --soft: #57606a; --line: #d0d7de;
  --more: #0b6e99; --less: #b35900; --open: #57606a; --was: #aab4be; --quote: #f3f6f9 }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14181d; --words: #e6e9ec; --soft: #a2acb6; --line: #3a424b;
    --more: #5cc2ee; --less: #f0a45d; --open: #a2acb6; --was: #5b6570; --quote: #1d232a } }
* { box-sizing: border-box }
body { margin: 0; background: var(--ground); color: var(--words); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 60rem; margin: 0 auto; padding: 1.5rem 1rem 3rem }
h1 { font-size: clamp(1.3rem, 6.2vw, 1.9rem); line-height: 1.2; margin: .1em 0; font-variant-numeric: tabular-nums }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .4rem }
header p { margin: 0; color: var(--soft); overflow-wrap: anywhere }
blockquote { margin: 1rem 0 0; padding: .7rem 1rem; background: var(--quote); border-left: 4px solid var(--more);
  white-space: pre-wrap; overflow-wrap: anywhere }
.question { margin: 0 0 .5rem; font-weight: 600 }
small, .note { color: var(--soft); font-size: .85rem; font-weight: normal }
.scroll { overflow-x: auto }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .9rem .3rem 0; border-bottom: 1px solid var(--line); font-weight: normal;
  overflow-wrap: anywhere }
thead th { color: var(--soft); font-size: .85rem; overflow-wrap: normal }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap }
td.wide { width: 40%; padding-right: 0 }
.bar { display: block }
.bar i { display: block; height: .5rem; background: var(--more); border-radius: 2px }
.bar i.was { background: var(--was); margin-bottom: 2px }
.forest { margin-top: .8rem }
.row { display: grid; grid-template-columns: 9rem 1fr 15rem; gap: 0 1rem; align-items: center; padding: .5rem 0;
  border-bottom: 1px solid var(--line) }
.metric { font-weight: 600; overflow-wrap: anywhere } .metric small { display: block }
.said { text-align: right; font-variant-numeric: tabular-nums }
.note { grid-column: 2 / -1 }
.plot svg { display: block; width: 100%; height: 24px }
svg line { stroke-width: 2; vector-effect: non-scaling-stroke }
svg .zero { stroke: var(--line) } svg .more { stroke: var(--more) } svg .less { stroke: var(--less) }
svg .open { stroke: var(--open) } svg .middle { stroke-width: 5 }
.axis { border: 0; padding: .1rem 0 } .ends { display: flex; justify-content: space-between; color: var(--soft);
  font-size: .8rem }
.refused { color: var(--soft) } .why { grid-column: 2 / -1; overflow-wrap: anywhere }
details { margin-top: .8rem } summary { cursor: pointer }
@media (max-width: 40rem) {
  .row { grid-template-columns: 1fr auto; row-gap: .2rem } .plot, .note, .why, .axis .ends { grid-column: 1 / -1 }
  .plot { grid-row: 2 } .said small { display: block } .axis > div:empty { display: none }
  td.wide, thead th:last-child { display: none } th, td { padding-right: .6rem }
  td:nth-last-child(2) { padding-right: 0 } }
@media print { details > * { display: block } }
"""
"""Colours are told apart by the colour-blind too; words and numbers say the same."""
