"""Action units together, and with emotions: phi, co-occurrence, shares by emotion."""

import numpy as np

from data_pipeline.exploration.associations import (
    cooccurrence,
    phi,
    prevalence_by_class,
)
from data_pipeline.exploration.charts.matrix import Scale, matrix
from data_pipeline.exploration.charts.style import DIVERGING, SEQUENTIAL
from data_pipeline.exploration.labelled import Array, Level, Units, levels, units
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import (
    coefficient,
    listed,
    number,
    percent,
    points,
)

TOO_FEW = "fewer than two action units were coded"
BY_EMOTION = "Action units of each emotion"


def by_emotion(material: Material) -> Section | Absent:
    """Tells the prevalence of each unit in each class of each level."""
    found, sorted_by = units(material.table), levels(material.table)
    if not found.names or not sorted_by:
        lacking = "action units" if sorted_by else "emotion labels"
        return Absent(
            title=BY_EMOTION, reason=f"it takes both, and there are no {lacking}"
        )
    parts = [_part(level, found) for level in sorted_by]
    return Section(
        title=BY_EMOTION,
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


CORRELATION = "Action units together: correlation"
_JOIN = "\N{NON-BREAKING HYPHEN}"
STRONG = 0.3
"""Pairs whose phi is at least so far from 0 are named."""


def correlation(material: Material) -> Section | Absent:
    """Correlates the units, and names the strong pairs."""
    found = units(material.table)
    if len(found.names) < 2:  # noqa: PLR2004 - a pair
        return Absent(
            title=CORRELATION, reason="fewer than two action units were coded"
        )
    values, counts = phi(found.present, found.known)
    pairs = _pairs(found.names, values, counts)
    span = {n for _, _, _, n in pairs}
    over = (
        f"{number(min(span))} images a pair"
        if len(span) == 1
        else f"{number(min(span))} to {number(max(span))} images a pair"
    )
    positive = _strong(pairs, 1)
    negative = _strong(pairs, -1)
    said = (
        f"Phi is the correlation of two units over the images coded for both: {over}.",
        f"Together (phi {coefficient(STRONG)} and more): {_told(positive)}.",
        f"Apart (phi {coefficient(-STRONG)} and less): {_told(negative)}.",
        *_undefined(found.names, values),
    )
    lead = f"Action units that go together most: {_told(positive[:5])} (phi)."
    return Section(
        title=CORRELATION,
        said=said,
        charts=(_correlation_chart(found.names, values, positive, over),),
        tables=(_correlation_table(pairs),),
        lead=(lead,) if positive else (),
    )


Pair = tuple[str, str, float, int]


def _pairs(names: tuple[str, ...], values: Array, counts: Array) -> list[Pair]:
    """Lists the pairs, the lower number first."""
    return [
        (names[i], names[j], float(values[i, j]), int(counts[i, j]))
        for i in range(len(names))
        for j in range(i + 1, len(names))
    ]


def _strong(pairs: list[Pair], sign: int) -> list[Pair]:
    found = [pair for pair in pairs if sign * pair[2] >= STRONG]
    return sorted(found, key=lambda pair: -sign * pair[2])


def _told(pairs: list[Pair]) -> str:
    told = [
        f"{a}{_JOIN}{b.removeprefix('AU')}\N{NO-BREAK SPACE}{coefficient(v)}"
        for a, b, v, _ in pairs
    ]
    return ", ".join(told) or "none"


def _undefined(names: tuple[str, ...], values: Array) -> tuple[str, ...]:
    alone = [
        name
        for place, name in enumerate(names)
        if np.isnan(np.delete(values[place], place)).all()
    ]
    if not alone:
        return ()
    return (f"Without a correlation, being always or never present: {listed(alone)}.",)


def _correlation_chart(
    names: tuple[str, ...], values: Array, strong: list[Pair], over: str
) -> Chart:
    # The lower half alone, without the diagonal: the rest says the same again.
    shades = np.where(np.tri(len(names), k=-1, dtype=bool), values, np.nan)[1:, :-1]
    texts = [
        [
            coefficient(value) if column <= row else ""
            for column, value in enumerate(line)
        ]
        for row, line in enumerate(values[1:, :-1])
    ]
    return Chart(
        name="action-unit-correlation",
        caption=f"Phi of each pair, {over}: red go together, blue exclude each other; "
        "a dash is undefined.",
        alt=f"Matrix of correlations. Strongest: {_told(strong[:8])}; all are in the "
        "table below.",
        png=matrix(
            shades,
            texts,
            rows=names[1:],
            columns=names[:-1],
            scale=Scale(colours=DIVERGING, low=-1, high=1),
        ),
        wide=True,
    )


def _correlation_table(pairs: list[Pair]) -> Table:
    order = sorted(pairs, key=lambda pair: (np.isnan(pair[2]), -abs(pair[2])))
    return Table(
        caption="Phi of all pairs, the strongest first",
        columns=("pair", "phi", "images coded for both"),
        rows=tuple((f"{a} {b}", coefficient(v), number(n)) for a, b, v, n in order),
    )


COOCCURRENCE = "Action units together: co-occurrence"


def cooccurrence_of_units(material: Material) -> Section | Absent:
    """Tells the share of images with a second unit among those with a first."""
    found = units(material.table)
    if len(found.names) < 2:  # noqa: PLR2004 - a pair
        return Absent(
            title=COOCCURRENCE, reason="fewer than two action units were coded"
        )
    shares, _ = cooccurrence(found.present, found.known)
    with_first = (found.present & found.known).sum(axis=0)
    rows = [
        f"{name}  n={number(int(n))}"
        for name, n in zip(found.names, with_first, strict=True)
    ]
    np.fill_diagonal(shares, np.nan)
    return Section(
        title=COOCCURRENCE,
        said=(
            (
                "Read along a row: of the images with that unit, the share (in "
                "percent) that show the unit of the column too. Unlike phi it is not "
                "symmetric."
            ),
        ),
        charts=(_chart_together(found.names, rows, shares),),
        tables=(_table_together(found.names, rows, shares),),
    )


def _chart_together(names: tuple[str, ...], rows: list[str], shares: Array) -> Chart:
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


def _table_together(names: tuple[str, ...], rows: list[str], shares: Array) -> Table:
    return Table(
        caption="Share of images with the row's unit that show the column's",
        columns=("given", *names),
        rows=tuple(
            (row, *map(percent, line)) for row, line in zip(rows, shares, strict=True)
        ),
    )
