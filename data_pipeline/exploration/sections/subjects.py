"""How many images each subject has."""

from collections import Counter

import numpy as np

from data_pipeline.exploration.charts.columns import columns
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import counted, number, percent

TITLE = "Images of each subject"


def section(material: Material) -> Section | Absent:
    """Counts the subjects by their number of images."""
    images = Counter(material.table.frame["subject"].dropna())
    if not images:
        return Absent(title=TITLE, reason="the data name no subjects")
    each = np.array(sorted(images.values()))
    counts = dict(sorted(Counter(each.tolist()).items()))
    told = ", ".join(f"{k}: {n}" for k, n in counts.items())
    return Section(
        title=TITLE,
        said=(
            (
                f"{counted(len(each), 'subject')} have {number(int(each.sum()))} "
                f"images: {each.min()} to {each.max()} each, half of them "
                f"{np.median(each):g} or fewer. The tenth of them with most images has "
                f"{percent(each[-max(1, len(each) // 10) :].sum() / each.sum())} of "
                "all."
            ),
        ),
        charts=(
            Chart(
                name="images-per-subject",
                caption="Subjects by their number of images.",
                alt=f"Columns. Number of images: subjects that have so many. {told}.",
                png=columns(counts, label="images of one subject", what="subjects"),
            ),
        ),
        tables=(
            Table(
                caption="Subjects by their number of images",
                columns=("images", "subjects"),
                rows=tuple((number(k), number(n)) for k, n in counts.items()),
            ),
        ),
    )
