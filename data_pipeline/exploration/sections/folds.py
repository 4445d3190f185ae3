"""Whether each fold shows the labels as often as the whole does."""

import numpy as np
import pandas as pd

from data_pipeline.exploration.associations import prevalence
from data_pipeline.exploration.labelled import Array, levels, units
from data_pipeline.exploration.material import Material
from data_pipeline.pages.matrix import Scale, matrix
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import counted, percent, points
from data_pipeline.split.rules import LEAKY

WHOLE = "all"
MOST_SHOWN = 4
"""With more folds, the chart leaves the training parts out."""

RANGE = 0.15
"""A difference of so much, or more, has the strongest colour."""


def section(material: Material) -> Section:
    """Compares each part's shares of labels with those of the whole."""
    names, present, coded = _indicators(material)
    if not names:
        raise NoDataError("there are no labels to balance")
    parts = _parts(material)
    members = np.zeros((len(material.table), len(parts)), bool)
    for column, rows in enumerate(parts.values()):
        members[rows, column] = True
    values = prevalence(members, present, coded)[0].T
    shares = pd.DataFrame(values, index=names, columns=list(parts))
    sizes = members.sum(axis=0).tolist()
    away = np.abs(values - values[:, :1])
    row, part = divmod(int(np.nanargmax(away)), away.shape[1])
    empty = _empty(shares)
    text = (
        f"{counted(len(material.folds), 'fold')}, split by {_by(material)}. Shares are "
        "of the images whose label is known."
    )
    highlight = (
        f"Between the parts of the folds, {names[row]} differs most: "
        f"{percent(values[row, part])} in {_full(shares.columns[part])}, "
        f"{percent(values[row, 0])} in the whole."
    )
    leaky = {str(by): warning for by, warning in LEAKY.items()}
    return Section(
        warning=leaky.get(material.by, ""),
        paragraphs=(text, *empty),
        charts=(_chart(shares, sizes, len(material.folds)),),
        tables=(_table(shares, sizes),),
        highlights=(highlight, *empty),
    )


def _by(material: Material) -> str:
    return material.by.replace("subject_", "given ")


def _indicators(material: Material) -> tuple[list[str], Array, Array]:
    """Collects all labels as columns of yes and no, and where they are known."""
    labels, groupings = units(material.table), levels(material.table)
    names: list[str] = []
    present: list[Array] = []
    coded: list[Array] = []
    for level in groupings:
        # Classes of the second level are marked: both have a surprise.
        second = level is not groupings[0] and f" ({level.title.split()[0]})"
        names += [f"{name}{second or ''}" for name in level.classes]
        present.append(level.members)
        labelled = level.members.any(axis=1, keepdims=True)
        coded.append(np.broadcast_to(labelled, level.members.shape))
    names += labels.names
    return (
        names,
        np.hstack([*present, labels.present]),
        np.hstack([*coded, labels.coded]),
    )


def _parts(material: Material) -> dict[str, Array]:
    """Names the parts of the folds, the whole first; values are rows of the table."""
    folds, whole = material.folds, {WHOLE: np.arange(len(material.table))}
    if len(folds) == 1:
        return whole | {"validation": folds[0].validation, "training": folds[0].train}
    validation = {f"V{n}": fold.validation for n, fold in enumerate(folds, start=1)}
    return whole | validation | {f"T{n}": f.train for n, f in enumerate(folds, start=1)}


def _full(part: str) -> str:
    if not part[1:].isdigit():
        return f"the {part} part"
    kind = "validation" if part[0] == "V" else "training"
    return f"the {kind} part of fold {part[1:]}"


def _empty(shares: pd.DataFrame) -> tuple[str, ...]:
    """Names the labels that do not occur in a part."""
    empty = [
        f"{_full(part)} has no image of {label}"
        for part in shares.columns[1:]
        for label in shares.index[shares[part] == 0]
    ]
    return (f"Warning: {'; '.join(empty)}.",) if empty else ()


def _chart(shares: pd.DataFrame, sizes: list[int], folds: int) -> Chart:
    shown = shares.shape[1] if folds <= MOST_SHOWN else 1 + folds
    values = shares.iloc[:, :shown].set_axis(
        [f"{part}\nn={n:,}" for part, n in zip(shares, sizes, strict=True)][:shown],
        axis=1,
    )
    away = values.sub(values.iloc[:, 0], axis=0)
    training = ", T a fold's training part" if folds <= MOST_SHOWN else ""
    key = f": V is a fold's validation part{training}" if folds > 1 else ""
    return Chart(
        name="fold-balance",
        caption=f"Percent of each part's images with each label{key}. Red is more "
        f"than in the whole, blue less; {round(100 * RANGE)} points away is the full "
        "colour.",
        alt="Matrix of shares; the largest difference from the whole is "
        f"{100 * float(np.nanmax(away.abs())):.1f} points. The table below has all.",
        png=matrix(
            away, values.map(points), Scale(colours="RdBu_r", low=-RANGE, high=RANGE)
        ),
        wide=True,
    )


def _table(shares: pd.DataFrame, sizes: list[int]) -> Table:
    first = pd.DataFrame([sizes], index=["images"], columns=shares.columns)
    return Table(
        caption="Share of the images with each label, by part of the folds",
        frame=pd.concat([first.astype(object), shares.map(percent)]).rename_axis(
            "label"
        ),
    )
