"""Which action units go together: phi of every pair."""

import numpy as np

from data_pipeline.exploration.associations import phi
from data_pipeline.exploration.charts.matrix import Scale, matrix
from data_pipeline.exploration.charts.style import DIVERGING
from data_pipeline.exploration.labelled import Array, units
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import coefficient, listed, number

TITLE = "Action units together: correlation"
_JOIN = "\N{NON-BREAKING HYPHEN}"
STRONG = 0.3
"""Pairs whose phi is at least so far from 0 are named."""


def section(material: Material) -> Section | Absent:
    """Correlates the units, and names the strong pairs."""
    found = units(material.table)
    if len(found.names) < 2:  # noqa: PLR2004 - a pair
        return Absent(title=TITLE, reason="fewer than two action units were coded")
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
        title=TITLE,
        said=said,
        charts=(_chart(found.names, values, positive, over),),
        tables=(_table(pairs),),
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


def _chart(
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


def _table(pairs: list[Pair]) -> Table:
    order = sorted(pairs, key=lambda pair: (np.isnan(pair[2]), -abs(pair[2])))
    return Table(
        caption="Phi of all pairs, the strongest first",
        columns=("pair", "phi", "images coded for both"),
        rows=tuple((f"{a} {b}", coefficient(v), number(n)) for a, b, v, n in order),
    )
