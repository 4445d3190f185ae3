"""Renders the material: all sections, their charts, and the page of them."""

from collections.abc import Callable

from data_pipeline.exploration.material import Material
from data_pipeline.exploration.page import page
from data_pipeline.exploration.section import Absent, Section
from data_pipeline.exploration.sections import SECTIONS

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
