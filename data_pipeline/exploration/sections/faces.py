"""Some faces of each class, where somebody asked for them."""

import numpy as np
from PIL import Image

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.exploration.charts.sheet import EDGE, sheet
from data_pipeline.exploration.labelled import Level, levels
from data_pipeline.exploration.material import Material
from data_pipeline.exploration.section import Absent, Chart, Section
from data_pipeline.images.decode import UnreadableError, decode
from data_pipeline.system.seeds import child_seed

TITLE = "Faces"
EACH = 7
"""Faces of a class."""

WARNING = (
    "These are faces of people. Whoever gave you the data decides who may see them: of "
    "CK+, only subjects who consented to publication may be shown, and others may not "
    "leave your group, this page and its PNG included."
)


def section(material: Material) -> Section | Absent:
    """Prints a few faces of each class, of different subjects where it can."""
    found = levels(material.table)
    if not material.faces:
        return Absent(title=TITLE, reason="none is printed without --show-faces")
    if not found:
        return Absent(title=TITLE, reason="no image has an emotion label to sort it by")
    level = found[0]
    faces = [
        _faces(material.table, level, place) for place in range(len(level.classes))
    ]
    if not any(faces):
        return Absent(title=TITLE, reason="no image could be read")
    return Section(
        title=TITLE,
        said=(),
        warning="" if material.synthetic else WARNING,
        charts=(
            Chart(
                name="faces",
                caption=f"Up to {EACH} images of each {level.title}, chosen at random; "
                "the centre square of each.",
                alt=f"Photographs of faces in rows: {', '.join(level.classes)}.",
                png=sheet(faces, level.classes),
            ),
        ),
    )


def _faces(table: SampleTable, level: Level, place: int) -> list[Image.Image]:
    rows = np.flatnonzero(level.codes == place)
    keys = np.random.PCG64(child_seed(1, "faces", place)).random_raw(len(rows))
    seen: set[str] = set()
    faces: list[Image.Image] = []
    for row in rows[np.argsort(keys, kind="stable")]:
        subject = table.frame["subject"].iloc[row]
        if subject in seen:
            continue
        try:
            pixels = decode(
                table.root / table.frame["image"].iloc[row], size=EDGE, channels=3
            )
        except UnreadableError:
            continue
        faces.append(Image.fromarray(pixels))
        seen |= {subject} - {None}
        if len(faces) == EACH:
            break
    return faces
