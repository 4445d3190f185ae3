"""The look of the page: one column, quiet, good on a telephone and on paper."""

STYLE = """
:root { color-scheme: light; --ink: #1a1a1a; --quiet: #595959; --line: #d9d9d9;
  --link: #00568a; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #fff; line-height: 1.5;
  font-family: system-ui, "Segoe UI", Roboto, "Helvetica Neue", "DejaVu Sans",
    sans-serif; }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .75rem; }
h2 { font-size: 1.3rem; line-height: 1.3; margin: 3rem 0 .5rem;
  padding-top: .75rem; border-top: 1px solid var(--line); }
p, ul, dl { margin: .5rem 0; }
a { color: var(--link); }
.quiet, figcaption { color: var(--quiet); }
.notice { border-left: .3rem solid #d55e00; background: #fdf1e9;
  padding: .5rem .75rem; margin: 1rem 0; }
.figures { display: flex; flex-wrap: wrap; gap: .5rem 2rem; margin: 1.25rem 0; }
.figures div { display: flex; flex-direction: column-reverse; }
.figures dt { color: var(--quiet); font-size: .9rem; }
.figures dd { margin: 0; font-size: 1.6rem; font-weight: 600; line-height: 1.2; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem;
  font-size: .95rem; }
.facts dt { color: var(--quiet); }
.facts dd { margin: 0; overflow-wrap: anywhere; }
.leads { padding: .75rem 1rem .75rem 2rem; margin: 1.5rem 0; background: #f3f6f8; }
.leads li + li { margin-top: .35rem; }
nav { margin-top: 1.5rem; }
nav ul { columns: 2; padding: 0; list-style: none; }
nav li { break-inside: avoid; }
figure { margin: 1.25rem 0 1rem; }
figure .scroll { overflow-x: auto; }
figure img { display: block; width: 100%; height: auto; }
figure .wide img { min-width: 36rem; }
figcaption { font-size: .92rem; margin-top: .4rem; }
details { margin: .4rem 0; }
summary { cursor: pointer; color: var(--link); font-size: .92rem; }
.table { overflow-x: auto; }
table { border-collapse: collapse; font-size: .85rem; margin: .5rem 0;
  font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--quiet); padding-bottom: .3rem;
  white-space: nowrap; }
th, td { padding: .2rem .6rem; border-bottom: 1px solid var(--line);
  text-align: right; white-space: nowrap; }
th { font-weight: 600; }
tbody th { font-weight: 400; }
th:first-child { text-align: left; }
@media (max-width: 34rem) {
  .facts { grid-template-columns: 1fr; }
  .facts dd { margin-bottom: .4rem; }
  nav ul { columns: 1; }
}
@media print {
  main { max-width: none; padding: 0; }
  body { font-size: 10pt; }
  nav, details { display: none; }
  figure, p, tr { break-inside: avoid; }
  h2, section > p { break-after: avoid; }
  figure img, figure .wide img { min-width: 0; max-width: 16cm; }
}
"""
