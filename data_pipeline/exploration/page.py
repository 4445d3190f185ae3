"""The page: one HTML text that needs no network and no script."""

import base64
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from data_pipeline.exploration.material import Material, Progress
from data_pipeline.exploration.output import GENERATOR
from data_pipeline.exploration.section import NoDataError, Section
from data_pipeline.exploration.sections import SECTIONS
from data_pipeline.exploration.wording import counted
from data_pipeline.system.terminal import escape_controls


def _printed(value: Any) -> Any:
    """Formats counts with commas, and escapes control characters in names.

    Jinja escapes the result.
    """
    if isinstance(value, Markup):
        return value
    return f"{value:,}" if isinstance(value, int) else escape_controls(str(value))


TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent, encoding="utf-8"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_printed,
    keep_trailing_newline=True,
)
TEMPLATES.filters["base64"] = lambda data: base64.b64encode(data).decode("ascii")
TEMPLATES.globals["counted"] = counted


def render(material: Material, progress: Progress) -> tuple[str, dict[str, bytes]]:
    """Makes every section; the same material gives the same bytes.

    Returns the text of the page, and the charts in it: name -> PNG.
    """
    sections: dict[str, tuple[str, Section]] = {}
    absent: dict[str, str] = {}
    for name, (title, section) in SECTIONS.items():
        try:
            sections[name] = title, section(material)
        except NoDataError as error:
            absent[title] = str(error)
        progress("drawing charts", len(sections) + len(absent), len(SECTIONS))
    charts = {
        chart.name: chart.png for _, part in sections.values() for chart in part.charts
    }
    page = TEMPLATES.get_template("page.html.j2").render(
        generator=GENERATOR,
        charts=list(charts),
        material=material,
        highlights=[text for _, part in sections.values() for text in part.highlights],
        sections=sections,
        absent=absent,
    )
    return page, charts
