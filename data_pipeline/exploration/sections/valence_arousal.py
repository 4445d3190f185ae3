"""Where the images lie on the plane of valence and arousal."""

import numpy as np
import pandas as pd

from data_pipeline.exploration.charts import plane
from data_pipeline.exploration.labelled import Array, levels
from data_pipeline.exploration.material import Material
from data_pipeline.pages.section import Chart, NoDataError, Section, Table
from data_pipeline.pages.wording import MINUS, counted


def section(material: Material) -> Section:
    """Shows the density of the plane and the centre of each emotion."""
    table = material.table
    if not table.dimensions:
        raise NoDataError("the data have no valence and arousal")
    points = table.frame[list(table.dimensions)].to_numpy(np.float64, na_value=np.nan)
    rated = ~np.isnan(points).any(axis=1)
    if not rated.any():
        raise NoDataError("no development image has both ratings")
    own = {
        name: points[rated & members]
        for level in levels(table)[:1]
        for name, members in zip(level.classes, level.members.T, strict=True)
        if (rated & members).any()
    }
    centres = np.array([ratings.mean(axis=0) for ratings in own.values()])
    listing = ", ".join(
        f"{name} {valence:.2f} and {arousal:.2f}"
        for name, (valence, arousal) in zip(own, centres, strict=True)
    )
    with_both, without = int(rated.sum()), int((~rated).sum())
    text = f"{counted(with_both, 'image')} have both ratings, {without:,} have not."
    chart = Chart(
        name="valence-arousal",
        caption="Images on the plane (darker: more, on a logarithmic scale), and the "
        "mean of each emotion.",
        alt=f"Density of images. Mean valence and arousal: {listing or 'unknown'}.",
        png=plane(points[rated], centres.reshape(-1, 2), list(own)),
    )
    moments = pd.DataFrame.from_dict(
        {k: _moments(v) for k, v in {"all": points[rated], **own}.items()},
        orient="index",
        columns=["images", "mean valence", "sd", "mean arousal", "sd"],
    ).rename_axis("emotion")
    ratings = Table(caption=f"Ratings by emotion, from {MINUS}1 to 1", frame=moments)
    return Section(paragraphs=(text,), charts=(chart,), tables=(ratings,))


def _moments(ratings: Array) -> list[int | str]:
    """Counts the images and formats mean and deviation of valence, then of arousal."""
    moments = np.stack([ratings.mean(axis=0), ratings.std(axis=0)], axis=1)
    return [len(ratings), *(f"{n:.2f}".replace("-", MINUS) for n in moments.flat)]
