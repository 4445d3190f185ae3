"""How often each action unit is present, and with which intensity."""

import numpy as np
import pandas as pd

from data_pipeline.dataset.sample_table import SampleTable, intensity_column
from data_pipeline.exploration.labelled import Array, Units, unit_number, units
from data_pipeline.exploration.material import Material
from data_pipeline.labels.labels import action_unit_title
from data_pipeline.pages.bar_charts import bars, columns, stacked
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import counted, percent


def counts(material: Material) -> Section:
    """Counts the units, the commonest first, and the units of an image."""
    labels = units(material.table)
    if not labels.names:
        raise NoDataError("no action unit was coded")
    frame = pd.DataFrame(
        {"present": labels.present.sum(axis=0), "coded": labels.coded.sum(axis=0)},
        index=pd.Index(map(action_unit_title, labels.names), name="action unit"),
    ).sort_values("present", ascending=False, kind="stable")
    frame["prevalence"] = (frame["present"] / frame["coded"]).map(percent)
    rows = list(frame.itertuples(name=None))
    listing = ", ".join(f"{name} {n:,} ({share})" for name, n, _, share in rows)
    chart = Chart(
        name="action-unit-counts",
        caption="Images in which each action unit is present, and their share of "
        f"those coded for it ({_span(labels.coded.sum(axis=0))}).",
        alt=f"Bars, images with each unit: {listing}.",
        png=bars(frame[["present", "prevalence"]]),
    )
    (commonest, most, *_), (rarest, least, coded, _) = rows[0], rows[-1]
    highlight = (
        f"The rarest action unit is {rarest}, present in {least:,} of {coded:,} coded "
        f"images; the commonest is {commonest}, in {most:,}."
    )
    return Section(
        charts=(chart, _units_per_image(labels)),
        tables=(Table(caption="Images that show each action unit", frame=frame),),
        highlights=(highlight,),
    )


def _span(coded: Array) -> str:
    low, high = int(coded.min()), int(coded.max())
    return counted(low, "image") if low == high else f"{low:,} to {high:,}"


def _units_per_image(labels: Units) -> Chart:
    shown = labels.present[labels.coded.any(axis=1)].sum(axis=1)
    images = dict(enumerate(np.bincount(shown).tolist()))
    listing = ", ".join(f"{number} units: {n}" for number, n in images.items())
    return Chart(
        name="action-units-per-image",
        caption=f"Action units per image: {shown.mean():.1f} on average, of "
        f"the {len(labels.names)} above.",
        alt=f"Columns. Images by their number of action units: {listing}.",
        png=columns(images, label="action units present", unit="images"),
    )


GRADES = ("A trace", "B slight", "C marked", "D severe", "E maximum", "not graded")


def intensities(material: Material) -> Section:
    """Counts the grades of each unit, from A to E, and the mean of all levels."""
    table = material.table
    names = [
        unit
        for unit in sorted(table.intensities, key=unit_number)
        if _grades(table, unit).any()
    ]
    if not names:
        raise NoDataError("no intensity was coded")
    frame = pd.DataFrame(
        [_grades(table, unit) for unit in names],
        index=pd.Index(map(action_unit_title, names), name="action unit"),
        columns=GRADES,
    )
    shown = int(frame.to_numpy().sum())
    ungraded = int(frame[GRADES[-1]].sum())
    listing = "; ".join(
        f"{name}: {', '.join(f'{n:,}' for n in grades)}"
        for name, *grades in frame.itertuples(name=None)
    )
    text = (
        f"Of {shown:,} units shown, {percent((shown - ungraded) / shown)} have a grade;"
        " the others are coded as present without an intensity."
    )
    chart = Chart(
        name="action-unit-intensities",
        caption="Images in which each unit is shown, by its intensity.",
        alt=f"Stacked bars, images of grade {', '.join(GRADES)}: {listing}.",
        png=stacked(frame),
        wide=True,
    )
    return Section(
        paragraphs=(text,), charts=(chart,), tables=(_by_grade(table, names, frame),)
    )


def _by_grade(table: SampleTable, names: list[str], frame: pd.DataFrame) -> Table:
    """Adds absent units to the grades, and the mean of the known levels."""
    levels = [_levels(table, unit) for unit in names]
    absent = [int((each == 0).sum()) for each in levels]
    shown = frame.sum(axis=1)
    whole = frame.assign(
        absent=absent,
        unknown=[len(table)] * len(names) - shown - absent,
        mean=[f"{each.mean():.2f}" if len(each) else "" for each in levels],
        deviation=[f"{each.std():.2f}" if len(each) else "" for each in levels],
    )
    return Table(
        caption="Images by intensity; the mean counts an absent unit as 0, and leaves "
        "out what is not graded",
        frame=whole.rename(columns={"unknown": "not coded"}),
    )


def _grades(table: SampleTable, unit: str) -> Array:
    """Counts A to E, then what is present without a grade."""
    counts = np.bincount(_levels(table, unit), minlength=6)
    present = (table.frame[unit] == 1).fillna(value=False)
    ungraded = present & table.frame[intensity_column(unit)].isna()
    return np.append(counts[1:], ungraded.sum())


def _levels(table: SampleTable, unit: str) -> Array:
    """Returns the known intensities of a unit, 0 to 5."""
    known = table.frame[intensity_column(unit)].dropna()
    return known.to_numpy(np.int64)
