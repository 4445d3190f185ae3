"""How many images each subject has."""

from collections import Counter

import numpy as np
import pandas as pd

from data_pipeline.exploration.material import Material
from data_pipeline.pages.bar_charts import columns
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import counted, percent


def section(material: Material) -> Section:
    """Counts the subjects by their number of images."""
    images = Counter(material.table.frame["subject"].dropna())
    if not images:
        raise NoDataError("the data name no subjects")
    each = np.array(sorted(images.values()))
    subjects = dict(sorted(Counter(each.tolist()).items()))
    listing = ", ".join(f"{number}: {n}" for number, n in subjects.items())
    top_tenth = each[-max(1, len(each) // 10) :].sum() / each.sum()
    text = (
        f"{counted(len(each), 'subject')} have {each.sum():,} images: {each.min()} to "
        f"{each.max()} each, half of them {np.median(each):g} or fewer. The tenth of "
        f"them with most images has {percent(top_tenth)} of all."
    )
    chart = Chart(
        name="images-per-subject",
        caption="Subjects by their number of images.",
        alt=f"Columns. Number of images: subjects with so many. {listing}.",
        png=columns(subjects, label="images of one subject", unit="subjects"),
    )
    table = Table(
        caption="Subjects by their number of images",
        frame=pd.DataFrame({"subjects": subjects}).rename_axis("images"),
    )
    return Section(paragraphs=(text,), charts=(chart,), tables=(table,))
