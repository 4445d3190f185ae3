"""Each class, action unit and dimension by itself, and what is taken for what."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from data_pipeline.labels.labels import action_unit_title
from data_pipeline.pages.matrix import Scale, matrix
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import percent
from search.report_page.charts.forest import ForestRow, forest
from search.report_page.class_scores import class_scores
from search.report_page.material import Material
from search.report_page.wording import UNTESTED
from search.reports.metric_texts import number
from search.results.words import unit_number
from search.run_files import PAGE_NUMBERS

Report = Mapping[str, Any]

Columns = Sequence[tuple[str, str]]
"""Scores of a label: the key in the report, and its heading."""

EMOTION: Columns = (
    ("f1", "F1"),
    ("f1_norm", "skew-normalised F1"),
    ("auc", "AUC"),
    ("pr_auc", "PR-AUC"),
    ("ece", "calibration error"),
    ("precision", "precision"),
    ("recall", "recall"),
)
UNITS: Columns = (
    ("f1_at_threshold", "F1"),
    ("f1_norm_at_threshold", "skew-normalised F1"),
    ("auc", "AUC"),
    ("pr_auc", "PR-AUC"),
    ("ece", "calibration error"),
    ("threshold", "threshold"),
)
INTENSITIES: Columns = (("icc", "ICC"), ("pcc", "correlation"), ("mae", "MAE"))
DIMENSIONS: Columns = (("ccc", "CCC"), ("pcc", "correlation"), ("rmse", "RMSE"))


WEAKEST = 3
"""So many of the weakest action units are named at the top of the page."""

OCCURS = ("class", "does not occur")
AGAINST = """
AUC, PR-AUC, skew-normalised F1 and calibration error are those of one class against all
others. A PR-AUC is to be compared with the prevalence, an AUC with 0.5."""


def emotion(material: Material) -> Section:
    """Shows the scores of each class, and the confusion matrix."""
    part = _part(material, "emotion", "per_class")
    charts = [_chart("classes", part["per_class"], "f1", "F1 of each class")]
    charts += _confusion(part.get("confusion"))
    apart = {} if material.rows is None else class_scores(material.rows.rows)
    rows = {name: row | apart.get(name, {}) for name, row in part["per_class"].items()}
    return Section(
        paragraphs=((AGAINST,) * bool(apart) + tuple(_absent(part, *OCCURS))),
        charts=tuple(charts),
        tables=(_table("Scores of each class", rows, EMOTION),),
        files=(material.report_file, *([PAGE_NUMBERS] if apart else [])),
        numbers={"per_class": apart} if apart else {},
    )


def action_units(material: Material) -> Section:
    """Shows the scores of each action unit."""
    part = _part(material, "action_units", "per_au")
    text = (
        "F1 is at thresholds chosen on validation rows. Skew-normalised F1 weighs the "
        "images without the unit to as many as those with it, so that rare and common "
        "units compare. A PR-AUC is to be compared with the prevalence, an AUC with "
        "0.5."
    )
    return Section(
        highlights=tuple(_weakest(part["per_au"])),
        paragraphs=(text, *_absent(part, "action unit", "is always or never there")),
        charts=(
            _chart("units-auc", part["per_au"], "auc", "AUC of each action unit"),
            _chart("units-f1", part["per_au"], "f1_at_threshold", "F1 of each unit"),
        ),
        tables=(_table("Scores of each action unit", part["per_au"], UNITS),),
        files=(material.report_file,),
    )


def intensities(material: Material) -> Section:
    """Shows how well the intensity of each unit is estimated."""
    part = _part(material, "action_unit_intensities", "per_au")
    return Section(
        paragraphs=tuple(_absent(part, "action unit", "does not vary")),
        charts=(
            _chart("intensities", part["per_au"], "icc", "ICC of each action unit"),
        ),
        tables=(_table("Intensities, from 0 to 5", part["per_au"], INTENSITIES),),
        files=(material.report_file,),
    )


def dimensions(material: Material) -> Section:
    """Shows how well valence and arousal are estimated."""
    part = _part(material, "valence_arousal", "per_dimension")
    title = "CCC of each dimension"
    return Section(
        paragraphs=tuple(_absent(part, "dimension", "does not vary")),
        charts=(_chart("dimensions", part["per_dimension"], "ccc", title),),
        tables=(_table("Ratings from -1 to 1", part["per_dimension"], DIMENSIONS),),
        files=(material.report_file,),
    )


def _part(material: Material, head: str, labels: str) -> Report:
    """Returns a head of the report that has labels."""
    if material.test is None:
        raise NoDataError(UNTESTED)
    part: Report = material.test.get(head, {})
    if not part.get(labels):
        raise NoDataError("the study has no such target")
    return part


def _ordered(labels: Report) -> list[tuple[str, Report]]:
    return sorted(labels.items(), key=lambda row: unit_number(row[0]))


def _chart(name: str, labels: Report, score: str, title: str) -> Chart:
    rows = []
    for label, row in _ordered(labels):
        if row.get(score) is not None:
            low, high = row["intervals"].get(score) or (None, None)
            shown = f"{label}, n = {row.get('positives', row['images'])}"
            rows.append(ForestRow(label=shown, value=row[score], low=low, high=high))
    if not rows:
        raise NoDataError("no label of it occurs in the hold-out")
    listing = "; ".join(f"{row.label}: {row.text}" for row in rows)
    return Chart(
        name=name,
        caption=f"{title} on the hold-out, with 95 % intervals where enough subjects "
        "have it; n counts the images that show it.",
        alt=f"Intervals. {listing}.",
        png=forest(rows, label=title),
    )


def _table(caption: str, labels: Report, columns: Columns) -> Table:
    rows = {_titled(name): dict(_cells(row, columns)) for name, row in _ordered(labels)}
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("label")
    return Table(caption=caption, frame=frame, open=True)


def _titled(name: str) -> str:
    return action_unit_title(name) if unit_number(name) else name


def _cells(row: Report, columns: Columns) -> Iterator[tuple[str, object]]:
    for count in ("images", "subjects", "positives"):
        if count in row:
            yield count, row[count]
    if "prevalence" in row:
        known = row["prevalence"] is not None
        yield "prevalence", percent(row["prevalence"]) if known else "-"
    for key, heading in columns:
        if key in row:
            yield heading, number(row[key])


def _weakest(units: Report) -> Iterator[str]:
    """Names the units that fail most, among those that enough subjects show."""
    known = {
        name: row["f1_at_threshold"]
        for name, row in units.items()
        if row["intervals"].get("f1_at_threshold") and len(units) > WEAKEST
    }
    lowest = sorted(known.items(), key=lambda pair: pair[1])[:WEAKEST]
    if lowest:
        texts = [f"{_titled(name)} {number(value)}" for name, value in lowest]
        yield (
            f"The lowest F1 among the {len(known)} of {len(units)} action units that "
            f"enough subjects show: {', '.join(texts)}."
        )


def _absent(part: Report, thing: str, why: str) -> Iterator[str]:
    if part.get("absent"):
        names = ", ".join(part["absent"])
        yield f"In the hold-out this {thing} {why} and enters no mean: {names}."


def _confusion(found: Report | None) -> list[Chart]:
    """Draws which class was taken for which; shares of each true class."""
    if not found:
        return []
    names = found["labels"]
    counts = np.array([[n or 0 for n in row] for row in found["counts"]], float)
    sums = counts.sum(axis=1, keepdims=True)
    shares = np.divide(counts, sums, out=np.full_like(counts, np.nan), where=sums > 0)
    index = [f"{name}  n={int(n):,}" for name, n in zip(names, sums[:, 0], strict=True)]
    texts = pd.DataFrame(counts.astype(int).astype(str), index=index, columns=names)
    listing = "; ".join(
        f"{name} as {other}: {int(counts[row, column])}"
        for row, name in enumerate(names)
        for column, other in enumerate(names)
        if counts[row, column]
    )
    return [
        Chart(
            name="confusion",
            caption="Images by their true class (rows) and the predicted one "
            "(columns); the colour is the share of the true class.",
            alt=f"Confusion matrix. {listing}.",
            png=matrix(
                pd.DataFrame(shares, index=index, columns=names), texts, Scale()
            ),
        )
    ]
