"""Which action units the faces of each emotion show."""

from data_pipeline.exploration.associations import prevalence_by_class
from data_pipeline.exploration.charts.matrix import Scale, matrix
from data_pipeline.exploration.charts.style import SEQUENTIAL
from data_pipeline.exploration.labelled import Level, Units, levels, units
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import number, percent, points

TITLE = "Action units of each emotion"


def section(material: Material) -> Section | Absent:
    """Tells the prevalence of each unit in each class of each level."""
    found, sorted_by = units(material.table), levels(material.table)
    if not found.names or not sorted_by:
        lacking = "action units" if sorted_by else "emotion labels"
        return Absent(title=TITLE, reason=f"it takes both, and there are no {lacking}")
    parts = [_part(level, found) for level in sorted_by]
    return Section(
        title=TITLE,
        said=(
            "Each cell is the percent of the class's coded images that show the unit.",
        ),
        charts=tuple(chart for chart, _ in parts),
        tables=tuple(table for _, table in parts),
    )


def _part(level: Level, found: Units) -> tuple[Chart, Table]:
    shares, rows_known = prevalence_by_class(
        found.present, found.known, level.codes, len(level.classes)
    )
    names = [
        f"{name}  n={number(int(known.max()))}"
        for name, known in zip(level.classes, rows_known, strict=True)
    ]
    chief = [
        f"{name}: "
        + ", ".join(
            f"{found.names[place]} {percent(line[place])}"
            for place in sorted(range(len(line)), key=lambda at: -line[at])[:3]
        )
        for name, line in zip(level.classes, shares, strict=True)
    ]
    chart = Chart(
        name=f"action-units-by-{level.title.replace(' ', '-')}",
        caption=f"Percent of the images of each {level.title} that show each unit; n "
        "images were coded.",
        alt=f"Matrix of shares. The commonest units: {'; '.join(chief)}.",
        png=matrix(
            shares,
            [list(map(points, line)) for line in shares],
            rows=names,
            columns=found.names,
            scale=Scale(colours=SEQUENTIAL, low=0, high=1),
        ),
        wide=True,
    )
    table = Table(
        caption=f"Prevalence of each action unit by {level.title}",
        columns=(level.title, *found.names),
        rows=tuple(
            (name, *map(percent, line))
            for name, line in zip(names, shares, strict=True)
        ),
    )
    return chart, table
