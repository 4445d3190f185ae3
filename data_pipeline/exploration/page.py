"""The page: one HTML text that needs no network and no script."""

from pathlib import Path

from data_pipeline.exploration.material import Material
from data_pipeline.exploration.output import GENERATOR
from data_pipeline.exploration.sections import SECTIONS
from data_pipeline.pages.page import Progress, make_sections
from data_pipeline.pages.template import templates

TEMPLATES = templates(Path(__file__).parent)


def render(material: Material, progress: Progress) -> tuple[str, dict[str, bytes]]:
    """Makes every section; the same material gives the same bytes.

    Returns the text of the page, and the charts in it: name -> PNG.
    """
    made = make_sections(SECTIONS, material, progress)
    charts = {chart.name: chart.png for chart in made.charts}
    page = TEMPLATES.get_template("page.html.j2").render(
        title=f"The data of {material.study}",
        generator=GENERATOR,
        charts=list(charts),
        material=material,
        highlights=made.highlights,
        sections=made.sections,
        absent=made.absent,
    )
    return page, charts
