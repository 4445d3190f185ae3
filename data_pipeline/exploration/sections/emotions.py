"""How many images show each emotion, on each level."""

import pandas as pd

from data_pipeline.exploration.labelled import Level, levels
from data_pipeline.exploration.material import Material
from data_pipeline.labels.labels import Emotion
from data_pipeline.pages.bar_charts import bars
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import counted, listed, percent

_OF_VOTES = (
    "The label counted here is the category with most votes, if that is an emotion; "
    "the section on votes has the other rules."
)


def section(material: Material) -> Section:
    """Counts the classes of each level, the commonest first."""
    groupings = levels(material.table)
    if not groupings:
        raise NoDataError("no image has an emotion label")
    parts = [_part(level, len(material.table)) for level in groupings]
    return Section(
        paragraphs=(
            *((_OF_VOTES,) if material.table.votes else ()),
            *(() if material.table.words else _missing(groupings[0])),
        ),
        charts=tuple(chart for chart, _, _ in parts),
        tables=tuple(table for _, table, _ in parts),
        highlights=tuple(highlight for *_, highlight in parts),
    )


def _part(level: Level, rows: int) -> tuple[Chart, Table, str]:
    frame = pd.DataFrame(
        {"images": level.members.sum(axis=0)},
        index=pd.Index(level.classes, name=level.title),
    ).sort_values("images", ascending=False, kind="stable")
    labelled = int(frame["images"].sum())
    frame["share"] = (frame["images"] / labelled).map(percent)
    lines = list(frame.itertuples(name=None))
    heading = f"{level.title.capitalize()} of {counted(labelled, 'labelled image')}"
    without = f"; {counted(rows - labelled, 'image')} without one" * (labelled < rows)
    chart = Chart(
        name=f"{level.title.replace(' ', '-')}-counts",
        caption=f"{heading}{without}.",
        alt=f"Bars, images of each {level.title}: "
        f"{', '.join(f'{name} {share}' for name, _, share in lines)}.",
        png=bars(frame),
    )
    (commonest, _, share), (rarest, fewest, _) = lines[0], lines[-1]
    highlight = (
        f"{commonest.capitalize()} is {share} of the {level.title} labels: always "
        f"predicting it has this accuracy. The rarest is {rarest}, "
        f"{counted(fewest, 'image')}."
    )
    return chart, Table(caption=heading, frame=frame), highlight


def _missing(level: Level) -> tuple[str, ...]:
    """Names those of the eight emotions that do not occur."""
    absent = [str(name) for name in Emotion if str(name) not in level.classes]
    if level.title != "emotion" or not absent:
        return ()
    return (f"Of the eight emotions, no image here shows {listed(absent)}.",)
