"""How many images show each emotion, on each level."""

import numpy as np

from data_pipeline.exploration.charts.bars import bars
from data_pipeline.exploration.labelled import Level, levels
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import counted, listed, number, percent
from data_pipeline.labels.labels import Emotion

TITLE = "Emotions"


def section(material: Material) -> Section | Absent:
    """Counts the classes of each level, the commonest first."""
    found = levels(material.table)
    if not found:
        return Absent(title=TITLE, reason="no image has an emotion label")
    parts = [_part(level, len(material.table)) for level in found]
    votes = (
        (
            "The label counted here is the category with most votes, if that is an "
            "emotion; the section on votes has the other rules."
        ),
    )
    return Section(
        title=TITLE,
        said=(*(votes if material.table.votes else ()), *_missing(found[0])),
        charts=tuple(chart for chart, _, _ in parts),
        tables=tuple(table for _, table, _ in parts),
        lead=tuple(lead for _, _, lead in parts),
    )


def _part(level: Level, rows: int) -> tuple[Chart, Table, str]:
    counts = level.counts()
    labelled = int(counts.sum())
    order = np.argsort(-counts, kind="stable")
    names = [level.classes[place] for place in order]
    shown = counts[order]
    shares = [percent(count / labelled) for count in shown]
    texts = [f"{number(n)}   {p}" for n, p in zip(shown, shares, strict=True)]
    heading = f"{level.title.capitalize()} of {counted(labelled, 'labelled image')}"
    without = f"; {counted(rows - labelled, 'image')} without one" * (labelled < rows)
    told = ", ".join(f"{a} {b}" for a, b in zip(names, shares, strict=True))
    chart = Chart(
        name=f"{level.title.replace(' ', '-')}-counts",
        caption=f"{heading}{without}.",
        alt=f"Bars, images of each {level.title}: {told}.",
        png=bars(names, shown.tolist(), texts),
    )
    table = Table(
        caption=heading,
        columns=(level.title, "images", "share"),
        rows=tuple(
            (name, number(n), share)
            for name, n, share in zip(names, shown, shares, strict=True)
        ),
    )
    lead = (
        f"{names[0].capitalize()} is {shares[0]} of the {level.title} labels: who "
        f"always says so is right that often. The rarest is {names[-1]}, "
        f"{counted(int(shown[-1]), 'image')}."
    )
    return chart, table, lead


def _missing(level: Level) -> tuple[str, ...]:
    """Names the emotions of the eight that nobody shows."""
    absent = [str(name) for name in Emotion if str(name) not in level.classes]
    if level.title != "emotion" or not absent:
        return ()
    return (f"Of the eight emotions, no image here shows {listed(absent)}.",)
