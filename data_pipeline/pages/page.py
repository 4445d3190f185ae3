"""Makes the sections of a page, and names those without data."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from data_pipeline.pages.section import Chart, NoDataError, Section

Material = TypeVar("Material")

Sections = Mapping[str, tuple[str, Callable[[Material], Section]]]
"""Name -> title and section, in the order of the page."""

Progress = Callable[[str, int, int], None]
"""What is done, the steps so far, and all steps."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Made:
    """Sections by name, each with its title; in ``absent`` a reason by title."""

    sections: Mapping[str, tuple[str, Section]]
    absent: Mapping[str, str]

    @property
    def charts(self) -> Iterable[Chart]:
        """All charts, in the order of the page."""
        return (chart for _, part in self.sections.values() for chart in part.charts)

    @property
    def highlights(self) -> list[str]:
        """What stands at the top of the page."""
        return [text for _, part in self.sections.values() for text in part.highlights]


def make_sections(
    listed: Sections[Material], material: Material, progress: Progress
) -> Made:
    """Makes every section that has data."""
    sections: dict[str, tuple[str, Section]] = {}
    absent: dict[str, str] = {}
    for name, (title, section) in listed.items():
        try:
            sections[name] = title, section(material)
        except NoDataError as error:
            absent[title] = str(error)
        progress("drawing charts", len(sections) + len(absent), len(listed))
    return Made(sections=sections, absent=absent)
