"""Action units together, and with emotions: shares by emotion, phi, co-occurrence."""

import numpy as np
import pandas as pd

from data_pipeline.exploration.associations import phi, prevalence
from data_pipeline.exploration.labelled import Array, Level, Units, levels, units
from data_pipeline.exploration.material import Material
from data_pipeline.pages.matrix import Scale, matrix
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import (
    coefficient,
    listed,
    percent,
    points,
    sized,
)

TOO_FEW = "fewer than two action units were coded"


def by_emotion(material: Material) -> Section:
    """Shows the prevalence of each unit in each class of each level."""
    labels, groupings = units(material.table), levels(material.table)
    if not labels.names or not groupings:
        lacking = "action units" if groupings else "emotion labels"
        raise NoDataError(f"it needs both, and there are no {lacking}")
    parts = [_part(level, labels) for level in groupings]
    return Section(
        paragraphs=(
            "Each cell is the percent of the class's coded images that show the unit.",
        ),
        charts=tuple(chart for chart, _ in parts),
        tables=tuple(table for _, table in parts),
    )


def _part(level: Level, labels: Units) -> tuple[Chart, Table]:
    values, coded = prevalence(level.members, labels.present, labels.coded)
    names = pd.Index(sized(level.classes, coded.max(axis=1)), name=level.title)
    shares = pd.DataFrame(values, index=names, columns=labels.names)
    # Python's sort keeps the order of units that tie, and that are undefined.
    chief = "; ".join(
        f"{name}: "
        + ", ".join(
            f"{unit} {percent(line[unit])}"
            for unit in sorted(labels.names, key=lambda unit: -line[unit])[:3]
        )
        for name, line in zip(level.classes, shares.to_dict("records"), strict=True)
    )
    chart = Chart(
        name=f"action-units-by-{level.title.replace(' ', '-')}",
        caption=f"Percent of the images of each {level.title} that show each unit; n "
        "images were coded.",
        alt=f"Matrix of shares. The commonest units: {chief}.",
        png=matrix(shares, shares.map(points), Scale()),
        wide=True,
    )
    caption = f"Prevalence of each action unit by {level.title}"
    return chart, Table(caption=caption, frame=shares.map(percent))


STRONG = 0.3
"""Pairs are named if their phi is at least this far from 0."""


def correlation(material: Material) -> Section:
    """Correlates the units, and names the strong pairs."""
    labels = units(material.table)
    if len(labels.names) < 2:  # noqa: PLR2004 - a pair
        raise NoDataError(TOO_FEW)
    values, coded = phi(labels.present, labels.coded)
    i, j = np.triu_indices(len(labels.names), k=1)
    names = np.array(labels.names)
    pairs = pd.DataFrame(
        {"a": names[i], "b": names[j], "phi": values[i, j], "images": coded[i, j]}
    ).sort_values("phi", key=np.abs, ascending=False, kind="stable")
    low, high = int(coded[i, j].min()), int(coded[i, j].max())
    over = f"{low:,}{f' to {high:,}' * (low < high)} images a pair"
    together, apart = pairs[pairs["phi"] >= STRONG], pairs[pairs["phi"] <= -STRONG]
    highlight = f"Action units that go together most: {_spelled(together[:5])} (phi)."
    return Section(
        paragraphs=(
            f"Phi correlates two units over the images coded for both: {over}.",
            f"Together (phi {coefficient(STRONG)} or more): {_spelled(together)}.",
            f"Apart (phi {coefficient(-STRONG)} or less): {_spelled(apart)}.",
            *_constant(labels.names, values),
        ),
        charts=(_correlation_chart(labels.names, values, together, over),),
        tables=(_correlation_table(pairs),),
        highlights=(highlight,) if len(together) else (),
    )


def _spelled(pairs: pd.DataFrame) -> str:
    names = [
        f"{a}\N{NON-BREAKING HYPHEN}{b.removeprefix('AU')}\N{NO-BREAK SPACE}"
        f"{coefficient(value)}"
        for a, b, value, _ in pairs.itertuples(index=False, name=None)
    ]
    return ", ".join(names) or "none"


def _constant(names: tuple[str, ...], values: Array) -> tuple[str, ...]:
    alone = [
        name
        for place, name in enumerate(names)
        if np.isnan(np.delete(values[place], place)).all()
    ]
    if not alone:
        return ()
    return (f"No correlation, being always or never present: {listed(alone)}.",)


def _correlation_chart(
    names: tuple[str, ...], values: Array, strong: pd.DataFrame, over: str
) -> Chart:
    # The matrix is symmetric: show the lower half without the diagonal.
    whole = pd.DataFrame(values, index=names, columns=names)
    half = pd.DataFrame(np.tri(len(names), k=-1, dtype=bool), names, names)
    return Chart(
        name="action-unit-correlation",
        caption=f"Phi of each pair, {over}: red go together, blue exclude each other; "
        "a dash is undefined.",
        alt=f"Matrix of correlations. Strongest: {_spelled(strong[:8])}; all are in "
        "the table below.",
        png=matrix(
            whole.where(half).iloc[1:, :-1],
            whole.map(coefficient).where(half, "").iloc[1:, :-1],
            Scale(colours="RdBu_r", low=-1),
        ),
        wide=True,
    )


def _correlation_table(pairs: pd.DataFrame) -> Table:
    frame = pd.DataFrame(
        {"phi": pairs["phi"].map(coefficient), "images coded for both": pairs["images"]}
    ).set_axis(pd.Index(pairs["a"] + " " + pairs["b"], name="pair"))
    return Table(caption="Phi of all pairs, the strongest first", frame=frame)


_HOW_TO_READ = (
    "Read along a row: of the images with that unit, the share (in percent) that also "
    "show the unit of the column. Unlike phi it is not symmetric."
)


def cooccurrence(material: Material) -> Section:
    """Shows the share of images with a second unit among those with a first."""
    labels = units(material.table)
    if len(labels.names) < 2:  # noqa: PLR2004 - a pair
        raise NoDataError(TOO_FEW)
    values, _ = prevalence(labels.present, labels.present, labels.coded)
    np.fill_diagonal(values, np.nan)
    names = pd.Index(
        sized(labels.names, labels.present.sum(axis=0).tolist()), name="given"
    )
    shares = pd.DataFrame(values, index=names, columns=labels.names)
    texts = shares.map(points).mask(np.eye(len(names), dtype=bool), "")
    chart = Chart(
        name="action-unit-cooccurrence",
        caption="Percent of the images with the row's unit (n of them) that show the "
        "column's.",
        alt=f"Matrix of shares. Highest: {_highest(labels.names, values)}; all are in "
        "the table below.",
        png=matrix(shares, texts, Scale()),
        wide=True,
    )
    table = Table(
        caption="Share of images with the row's unit that show the column's",
        frame=shares.map(percent),
    )
    return Section(paragraphs=(_HOW_TO_READ,), charts=(chart,), tables=(table,))


def _highest(names: tuple[str, ...], values: Array) -> str:
    order = np.argsort(-np.nan_to_num(values, nan=-1), axis=None)[:5]
    return ", ".join(
        f"{names[j]} in {percent(values[i, j])} of images with {names[i]}"
        for i, j in (divmod(int(place), len(names)) for place in order)
    )
