"""Where the images lie on the plane of valence and arousal."""

import numpy as np

from data_pipeline.exploration.charts.plane import plane
from data_pipeline.exploration.labelled import Array, levels
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section, Table
from data_pipeline.exploration.wording import MINUS, counted, number

TITLE = "Valence and arousal"


def section(material: Material) -> Section | Absent:
    """Shows the density of the plane and the centre of each emotion."""
    table = material.table
    if not table.dimensions:
        return Absent(title=TITLE, reason="nobody rated valence and arousal")
    points = table.frame[list(table.dimensions)].to_numpy(np.float64, na_value=np.nan)
    rated = ~np.isnan(points).any(axis=1)
    if not rated.any():
        return Absent(title=TITLE, reason="no development image has both ratings")
    rows = [("all", *_moments(points[rated]))]
    names: list[str] = []
    centres: list[Array] = []
    for level in levels(table)[:1]:
        for place, name in enumerate(level.classes):
            mine = points[rated & (level.codes == place)]
            if len(mine):
                names.append(name)
                centres.append(mine.mean(axis=0))
                rows.append((name, *_moments(mine)))
    told = ", ".join(
        f"{n} {c[0]:.2f} and {c[1]:.2f}" for n, c in zip(names, centres, strict=True)
    )
    with_both = int(rated.sum())
    return Section(
        title=TITLE,
        said=(
            (
                f"{counted(with_both, 'image')} have both ratings, "
                f"{number(len(table) - with_both)} have not."
            ),
        ),
        charts=(
            Chart(
                name="valence-arousal",
                caption="Images on the plane (darker: more, on a logarithmic scale), "
                "and the mean of each emotion.",
                alt="Density of images. Mean valence and arousal: "
                f"{told or 'not known'}.",
                png=plane(points[rated], np.array(centres).reshape(-1, 2), names),
            ),
        ),
        tables=(
            Table(
                caption=f"Ratings by emotion, from {MINUS}1 to 1",
                columns=(
                    "emotion",
                    "images",
                    "mean valence",
                    "sd",
                    "mean arousal",
                    "sd",
                ),
                rows=tuple(rows),
            ),
        ),
    )


def _moments(points: Array) -> tuple[str, str, str, str, str]:
    means, deviations = points.mean(axis=0), points.std(axis=0)
    moments = [
        f"{value:.2f}".replace("-", MINUS)
        for pair in zip(means, deviations, strict=True)
        for value in pair
    ]
    return number(len(points)), moments[0], moments[1], moments[2], moments[3]
