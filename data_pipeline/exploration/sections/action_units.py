"""How often each action unit is present, and with which intensity."""

import numpy as np

from data_pipeline.dataset.sample_table import SampleTable, intensity_column
from data_pipeline.exploration.charts.bars import bars
from data_pipeline.exploration.charts.columns import columns
from data_pipeline.exploration.charts.stacked import stacked
from data_pipeline.exploration.labelled import Units, units
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import counted, number, percent
from data_pipeline.labels.facs_names import unit_title

COUNTS = "Action units"


def counts_of_units(material: Material) -> Section | Absent:
    """Counts the units, the commonest first, and the units of an image."""
    found = units(material.table)
    if not found.names:
        return Absent(title=COUNTS, reason="no action unit was coded")
    present = (found.present & found.known).sum(axis=0)
    coded = found.known.sum(axis=0)
    order = np.argsort(-present, kind="stable")
    rows = [
        (
            unit_title(found.names[place]),
            number(int(present[place])),
            number(int(coded[place])),
            percent(present[place] / coded[place]),
        )
        for place in order
    ]
    told = ", ".join(f"{row[0]} {row[1]} ({row[3]})" for row in rows)
    table = Table(
        caption="Images that show each action unit",
        columns=("action unit", "present", "coded", "prevalence"),
        rows=tuple(rows),
    )
    chart = Chart(
        name="action-unit-counts",
        caption="Images in which each action unit is present, and their share of "
        f"those coded for it ({_span(coded)}).",
        alt=f"Bars, images with each unit: {told}.",
        png=bars(
            [row[0] for row in rows],
            present[order].tolist(),
            [f"{row[1]}   {row[3]}" for row in rows],
        ),
    )
    rarest = rows[-1]
    return Section(
        title=COUNTS,
        said=(),
        charts=(chart, _each(found)),
        tables=(table,),
        lead=(
            (
                f"The rarest action unit is {rarest[0]}, present in {rarest[1]} of "
                f"{rarest[2]} coded images; the commonest {rows[0][0]}, in "
                f"{rows[0][1]}."
            ),
        ),
    )


def _span(coded: np.ndarray) -> str:
    low, high = int(coded.min()), int(coded.max())
    return counted(low, "image") if low == high else f"{number(low)} to {number(high)}"


def _each(found: Units) -> Chart:
    """Counts the units of each image that was coded."""
    coded = found.known.any(axis=1)
    shown = (found.present & found.known)[coded].sum(axis=1)
    counts = dict(enumerate(np.bincount(shown).tolist()))
    told = ", ".join(f"{units} units: {n}" for units, n in counts.items())
    return Chart(
        name="action-units-per-image",
        caption=f"Action units that one image shows: {shown.mean():.1f} on average, of "
        f"the {len(found.names)} above.",
        alt=f"Columns. Images by their number of action units: {told}.",
        png=columns(counts, label="action units present", what="images"),
    )


INTENSITIES = "Intensities of action units"
STEPS = ("A trace", "B slight", "C marked", "D severe", "E maximum", "not graded")


def intensities(material: Material) -> Section | Absent:
    """Counts the grades of each unit, from A to E."""
    table = material.table
    names = [
        unit
        for unit in sorted(table.intensities, key=lambda u: int(u.removeprefix("AU")))
        if (table.frame[unit] == 1).any()
    ]
    if not names:
        return Absent(title=INTENSITIES, reason="no intensity was coded")
    counts = np.stack([_grades(table, unit) for unit in names])
    titles = [unit_title(unit) for unit in names]
    graded = int(counts[:, :-1].sum())
    rows = tuple(
        (title, *map(number, line.tolist()))
        for title, line in zip(titles, counts, strict=True)
    )
    told = "; ".join(f"{r[0]}: {', '.join(r[1:])}" for r in rows)
    return Section(
        title=INTENSITIES,
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
