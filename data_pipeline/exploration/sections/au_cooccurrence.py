"""How often one action unit is present where another is."""

import numpy as np

from data_pipeline.exploration.associations import cooccurrence
from data_pipeline.exploration.charts.matrix import Scale, matrix
from data_pipeline.exploration.charts.style import SEQUENTIAL
from data_pipeline.exploration.labelled import Array, units
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import number, percent, points

TITLE = "Action units together: co-occurrence"


def section(material: Material) -> Section | Absent:
    """Tells the share of images with a second unit among those with a first."""
    found = units(material.table)
    if len(found.names) < 2:  # noqa: PLR2004 - a pair
        return Absent(title=TITLE, reason="fewer than two action units were coded")
    shares, _ = cooccurrence(found.present, found.known)
    with_first = (found.present & found.known).sum(axis=0)
    rows = [
        f"{name}  n={number(int(n))}"
        for name, n in zip(found.names, with_first, strict=True)
    ]
    np.fill_diagonal(shares, np.nan)
    return Section(
        title=TITLE,
        said=(
            (
                "Read along a row: of the images with that unit, the share (in "
                "percent) that show the unit of the column too. Unlike phi it is not "
                "symmetric."
            ),
        ),
        charts=(_chart(found.names, rows, shares),),
        tables=(_table(found.names, rows, shares),),
    )


def _chart(names: tuple[str, ...], rows: list[str], shares: Array) -> Chart:
    texts = [
        ["" if i == j else points(value) for j, value in enumerate(line)]
        for i, line in enumerate(shares)
    ]
    order = np.argsort(-np.nan_to_num(shares, nan=-1), axis=None)[:5]
    told = ", ".join(
        f"{names[j]} in {percent(shares[i, j])} of images with {names[i]}"
        for i, j in (divmod(int(place), len(names)) for place in order)
    )
    return Chart(
        name="action-unit-cooccurrence",
        caption="Percent of the images with the row's unit (n of them) that show the "
        "column's.",
        alt=f"Matrix of shares. Highest: {told}; all are in the table below.",
        png=matrix(
            shares,
            texts,
            rows=rows,
            columns=names,
            scale=Scale(colours=SEQUENTIAL, low=0, high=1),
        ),
        wide=True,
    )


def _table(names: tuple[str, ...], rows: list[str], shares: Array) -> Table:
    return Table(
        caption="Share of images with the row's unit that show the column's",
        columns=("given", *names),
        rows=tuple(
            (row, *map(percent, line)) for row, line in zip(rows, shares, strict=True)
        ),
    )
