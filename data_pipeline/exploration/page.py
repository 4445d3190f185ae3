"""The page: one HTML text that needs no network and no script."""

import base64
import html
from collections.abc import Mapping

from data_pipeline.exploration.material import Material
from data_pipeline.exploration.page_style import STYLE
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import counted, number
from data_pipeline.shown import shown

GENERATOR = "data_pipeline.explore"
"""What the page says it was made by; see ``folder``."""

_GUARANTEES = {
    "subject": "by subject: nobody is in two parts",
    "partition": "by the published partition; no subject is named, so that one person "
    "may be in two parts",
}
_DRAWN = (
    "DRAWN faces: no real person. These images were drawn by a program; the page says "
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
    return [
        *([f'<p class="notice">{escape(_DRAWN)}</p>'] if material.drawn else []),
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
