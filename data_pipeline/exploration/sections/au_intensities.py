"""How strong the action units are that were coded with an intensity."""

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable, intensity_column
from data_pipeline.exploration.charts.stacked import stacked
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import number, percent
from data_pipeline.labels.facs_names import unit_title

TITLE = "Intensities of action units"
STEPS = ("A trace", "B slight", "C marked", "D severe", "E maximum", "not graded")


def section(material: Material) -> Section | Absent:
    """Counts the grades of each unit, from A to E."""
    table = material.table
    names = [
        unit
        for unit in sorted(table.intensities, key=lambda u: int(u.removeprefix("AU")))
        if (table.frame[unit] == 1).any()
    ]
    if not names:
        return Absent(title=TITLE, reason="no intensity was coded")
    counts = np.stack([_grades(table, unit) for unit in names])
    titles = [unit_title(unit) for unit in names]
    graded = int(counts[:, :-1].sum())
    rows = tuple(
        (title, *map(number, line.tolist()))
        for title, line in zip(titles, counts, strict=True)
    )
    told = "; ".join(f"{r[0]}: {', '.join(r[1:])}" for r in rows)
    return Section(
        title=TITLE,
        said=(
            (
                f"Of {number(int(counts.sum()))} units present, "
                f"{percent(graded / counts.sum())} have a grade; the others are "
                "present with an intensity that nobody gave."
            ),
        ),
        charts=(
            Chart(
                name="action-unit-intensities",
                caption="Images in which each unit is present, by its intensity.",
                alt=f"Stacked bars, images of grade {', '.join(STEPS)}: {told}.",
                png=stacked(counts, rows=titles, parts=STEPS),
                wide=True,
            ),
        ),
        tables=(
            Table(
                caption="Images by intensity",
                columns=("action unit", *STEPS),
                rows=rows,
            ),
        ),
    )


def _grades(table: SampleTable, unit: str) -> np.ndarray:
    """Counts A to E, and what is present without a grade."""
    present = (table.frame[unit] == 1).fillna(value=False).to_numpy(dtype=bool)
    grades = table.frame[intensity_column(unit)].fillna(0).to_numpy(np.int64)[present]
    counts = np.bincount(grades, minlength=6)
    return np.append(counts[1:6], counts[0])
