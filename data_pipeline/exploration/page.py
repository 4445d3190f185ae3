"""The page: one HTML text that needs no network and no script."""

import base64
import html
from collections.abc import Callable, Mapping

from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.sections import SECTIONS
from data_pipeline.exploration.wording import counted, number
from data_pipeline.system.terminal import shown

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


GENERATOR = "data_pipeline.explore"
"""What the page says it was made by; see ``folder``."""

_GUARANTEES = {
    "subject": "by subject: nobody is in two parts",
    "partition": "by the published partition; no subject is named, so that one person "
    "may be in two parts",
}
_SYNTHETIC = (
    "SYNTHETIC faces: no real person. A program rendered these images; the page says "
    "nothing about people."
)


def escape(text: str) -> str:
    """Makes text of names: no tag, and nothing that a browser or an editor obeys."""
    return html.escape(shown(text))


def page(material: Material, found: Mapping[str, Section | Absent]) -> str:
    """Writes the page.

    Args:
        material: what the sections were made of.
        found: name -> section, in order.

    Returns:
        The text of one HTML file, the charts in it.
    """
    title = escape(f"The data of {material.study}")
    present = {k: part for k, part in found.items() if isinstance(part, Section)}
    absent = [part for part in found.values() if isinstance(part, Absent)]
    names = " ".join(chart.name for part in present.values() for chart in part.charts)
    return "\n".join(
        [
            "<!DOCTYPE html>",
            '<html lang="en">',
            "<head>",
            '<meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f'<meta name="generator" content="{GENERATOR}">',
            f'<meta name="charts" content="{escape(names)}">',
            f"<title>{title}</title>",
            f"<style>{STYLE}</style>",
            "</head>",
            "<body>",
            "<main>",
            f"<h1>{title}</h1>",
            *_header(material),
            *_leads(present),
            *_contents(present),
            *(line for name, part in present.items() for line in _section(name, part)),
            *_absences(absent),
            "</main>",
            "</body>",
            "</html>",
            "",
        ]
    )


def _header(material: Material) -> list[str]:
    subjects, held = len(material.subjects), material.held_out
    people = f" of {counted(held.subjects, 'subject')}" if held.subjects else ""
    figures = {
        "development images": number(len(material.table)),
        "subjects": number(subjects) if subjects else "not named",
        "images held out": number(held.images),
    }
    facts = {
        "Data": material.data,
        "Read as": material.table.source,
        "Split": _GUARANTEES[material.by],
        "Hold-out": f"{counted(held.images, 'image')}{people}: not opened, not "
        "shown, and their labels counted nowhere below.",
    }
    notice = [f'<p class="notice">{escape(_SYNTHETIC)}</p>']
    return [
        *(notice if material.synthetic else ()),
        '<dl class="figures">',
        *(f"<div><dt>{escape(k)}</dt><dd>{escape(v)}</dd></div>"
          for k, v in figures.items()),
        "</dl>",
        '<dl class="facts">',
        *(f"<dt>{escape(k)}</dt><dd>{escape(v)}</dd>" for k, v in facts.items()),
        "</dl>",
    ]  # fmt: skip


def _leads(present: Mapping[str, Section]) -> list[str]:
    leads = [escape(lead) for part in present.values() for lead in part.lead]
    if not leads:
        return []
    return ['<ul class="leads">', *(f"<li>{lead}</li>" for lead in leads), "</ul>"]


def _contents(present: Mapping[str, Section]) -> list[str]:
    return [
        '<nav aria-label="Contents">',
        "<ul>",
        *(
            f'<li><a href="#{name}">{escape(part.title)}</a></li>'
            for name, part in present.items()
        ),
        "</ul>",
        "</nav>",
    ]


def _section(name: str, part: Section) -> list[str]:
    warning = [f'<p class="notice">{escape(part.warning)}</p>'] if part.warning else []
    return [
        "<section>",
        f'<h2 id="{name}">{escape(part.title)}</h2>',
        *warning,
        *(f"<p>{escape(text)}</p>" for text in part.said),
        *(line for chart in part.charts for line in _figure(chart)),
        *(line for table in part.tables for line in _table(table)),
        "</section>",
    ]


def _figure(chart: Chart) -> list[str]:
    data = base64.b64encode(chart.png).decode("ascii")
    wide = " wide" if chart.wide else ""
    return [
        "<figure>",
        (
            f'<div class="scroll{wide}"><img alt="{escape(chart.alt)}" '
            f'src="data:image/png;base64,{data}"></div>'
        ),
        f"<figcaption>{escape(chart.caption)}</figcaption>",
        "</figure>",
    ]


def _table(table: Table) -> list[str]:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.columns)
    folded = f"<details><summary>Table: {escape(table.caption)}</summary>"
    return [
        *([] if table.open else [folded]),
        '<div class="table"><table>',
        f"<caption>{escape(table.caption)}</caption>",
        f"<thead><tr>{head}</tr></thead>",
        "<tbody>",
        *(_row(row) for row in table.rows),
        "</tbody>",
        "</table></div>",
        *([] if table.open else ["</details>"]),
    ]


def _row(row: tuple[str, ...]) -> str:
    cells = "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
    return f'<tr><th scope="row">{escape(row[0])}</th>{cells}</tr>'


def _absences(absent: list[Absent]) -> list[str]:
    if not absent:
        return []
    return [
        '<section class="quiet">',
        '<h2 id="absent">Not on this page</h2>',
        "<ul>",
        *(f"<li>{escape(part.title)}: {escape(part.reason)}.</li>" for part in absent),
        "</ul>",
        "</section>",
    ]


Progress = Callable[[str, int, int], None]


def render(material: Material, progress: Progress) -> tuple[str, dict[str, bytes]]:
    """Makes every section; the same material gives the same bytes.

    Args:
        material: what is known of the data.
        progress: told of the sections done.

    Returns:
        The text of the page, and the charts in it: name -> PNG.
    """
    found: dict[str, Section | Absent] = {}
    for name, section in SECTIONS.items():
        found[name] = section(material)
        progress("drawing charts", len(found), len(SECTIONS))
    charts = {
        chart.name: chart.png
        for part in found.values()
        if isinstance(part, Section)
        for chart in part.charts
    }
    return page(material, found), charts
