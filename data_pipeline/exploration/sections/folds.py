"""Whether each fold shows the labels as often as the whole does."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from data_pipeline.exploration.charts.matrix import Scale, matrix
from data_pipeline.exploration.charts.style import DIVERGING
from data_pipeline.exploration.labelled import Array, Level, levels, units
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import counted, number, percent, points

TITLE = "Balance of the folds"
WHOLE = "all"
BESIDE = 4
"""Up to so many folds, the chart has training parts too."""

RANGE = 0.15
"""A difference of so much, or more, has the strongest colour."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Shares:
    """Shares of L labels in P parts, the whole first: shape (L, P)."""

    labels: tuple[str, ...]
    parts: tuple[str, ...]
    sizes: tuple[int, ...]
    values: Array


def section(material: Material) -> Section | Absent:
    """Compares each part's shares of labels with the whole's."""
    labels, present, known = _indicators(material)
    if not labels:
        return Absent(title=TITLE, reason="there are no labels to balance")
    shares = _shares(material, labels, present, known)
    away = np.abs(shares.values - shares.values[:, :1])
    row, column = np.unravel_index(np.nanargmax(away), away.shape)
    worst = (
        f"{shares.labels[row]} differs most: {percent(shares.values[row, column])} in "
        f"{_full(shares.parts[column])}, {percent(shares.values[row, 0])} in the whole"
    )
    empty = _empty(shares)
    return Section(
        title=TITLE,
        said=(
            (
                f"{counted(len(material.folds), 'fold')}, split by {material.by}. "
                "Shares are of the images whose label is known."
            ),
            *empty,
        ),
        charts=(_chart(shares, len(material.folds)),),
        tables=(_table(shares),),
        lead=(f"Between the parts of the folds, {worst}.", *empty),
    )


def _indicators(material: Material) -> tuple[tuple[str, ...], Array, Array]:
    """Collects all labels as columns of yes and no, and where they are known."""
    found, found_levels = units(material.table), levels(material.table)
    names: list[str] = []
    present: list[Array] = []
    known: list[Array] = []
    for level in found_levels:
        names += _named(level, alone=len(found_levels) == 1)
        member = level.codes[:, None] == np.arange(len(level.classes))
        present.append(member)
        known.append(np.broadcast_to(level.codes[:, None] >= 0, member.shape))
    names += found.names
    columns = (np.hstack([*present, found.present]), np.hstack([*known, found.known]))
    return tuple(names), *columns


def _named(level: Level, *, alone: bool) -> list[str]:
    """Names classes so that those of two levels are told apart."""
    mark = "" if alone or level.title == "emotion" else f" ({level.title.split()[0]})"
    return [f"{name}{mark}" for name in level.classes]


def _shares(
    material: Material, labels: tuple[str, ...], present: Array, known: Array
) -> _Shares:
    folds = material.folds
    parts: list[tuple[str, Any]] = [(WHOLE, np.arange(len(material.table)))]
    if len(folds) == 1:
        parts += [("validation", folds[0].validation), ("training", folds[0].train)]
    else:
        parts += [(f"V{n}", fold.validation) for n, fold in enumerate(folds, start=1)]
        parts += [(f"T{n}", fold.train) for n, fold in enumerate(folds, start=1)]
    values = []
    for _, rows in parts:
        yes = (present & known)[rows].sum(axis=0).astype(np.float64)
        seen = known[rows].sum(axis=0)
        none = np.full(len(labels), np.nan)
        values.append(np.divide(yes, seen, out=none, where=seen > 0))
    return _Shares(
        labels=labels,
        parts=tuple(name for name, _ in parts),
        sizes=tuple(len(rows) for _, rows in parts),
        values=np.stack(values, axis=1),
    )


def _full(part: str) -> str:
    if not part[1:].isdigit():
        return f"the {part} part"
    kind = "validation" if part[0] == "V" else "training"
    return f"the {kind} part of fold {part[1:]}"


def _empty(shares: _Shares) -> tuple[str, ...]:
    """Names the labels that a validation part has not one of."""
    told = [
        f"{_full(part)} has no image of {label}"
        for column, part in enumerate(shares.parts)
        if part != WHOLE
        for row, label in enumerate(shares.labels)
        if shares.values[row, column] == 0
    ]
    return (f"Attention: {'; '.join(told)}.",) if told else ()


def _chart(shares: _Shares, folds: int) -> Chart:
    shown = len(shares.parts) if folds <= BESIDE else 1 + folds
    values = shares.values[:, :shown]
    away = values - values[:, :1]
    training = ", T a fold's training part" if folds <= BESIDE else ""
    key = f": V is a fold's validation part{training}" if folds > 1 else ""
    return Chart(
        name="fold-balance",
        caption=f"Percent of each part's images with each label{key}. Red is more "
        f"than in the whole, blue less; {round(100 * RANGE)} points away is the full "
        "colour.",
        alt=f"Matrix of shares; the largest difference from the whole is "
        f"{100 * float(np.nanmax(np.abs(away))):.1f} points. The table below has all.",
        png=matrix(
            away,
            [list(map(points, line)) for line in values],
            rows=shares.labels,
            columns=[
                f"{part}\nn={number(size)}"
                for part, size in zip(
                    shares.parts[:shown], shares.sizes[:shown], strict=True
                )
            ],
            scale=Scale(colours=DIVERGING, low=-RANGE, high=RANGE),
        ),
        wide=True,
    )


def _table(shares: _Shares) -> Table:
    return Table(
        caption="Share of the images with each label, by part of the folds",
        columns=("label", *shares.parts),
        rows=(
            ("images", *map(number, shares.sizes)),
            *(
                (label, *map(percent, line))
                for label, line in zip(shares.labels, shares.values, strict=True)
            ),
        ),
    )
