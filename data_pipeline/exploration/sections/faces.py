"""Some faces of each class, if the user requested them."""

import numpy as np
from PIL import Image

from data_pipeline.dataset.sample_table import SampleTable
from data_pipeline.exploration.charts import FACE_SIDE, contact_sheet
from data_pipeline.exploration.labelled import Array, levels
from data_pipeline.exploration.material import Material
from data_pipeline.images.decode import UnreadableError, decode
from data_pipeline.pages.section import Chart, NoDataError, Section
from data_pipeline.system.seeds import child_seed, random_orders

EACH = 7
"""Faces of a class."""

WARNING = (
    "These are faces of people. The owner of the data decides who may see them: of "
    "CK+, only subjects who consented to publication may be shown; no other face may "
    "leave your group, and neither may this page or its PNG."
)


def section(material: Material) -> Section:
    """Shows a few faces of each class, of different subjects where possible."""
    groupings = levels(material.table)
    if not material.faces:
        raise NoDataError("none is shown without --show-faces")
    if not groupings:
        raise NoDataError("no image has an emotion label to sort it by")
    level = groupings[0]
    faces = [
        _faces(material.table, rows, place)
        for place, rows in enumerate(level.members.T)
    ]
    if not any(faces):
        raise NoDataError("no image could be read")
    chart = Chart(
        name="faces",
        caption=f"Up to {EACH} images of each {level.title}, chosen at random; the "
        "centre square of each.",
        alt=f"Photographs of faces in rows: {', '.join(level.classes)}.",
        png=contact_sheet(faces, level.classes),
        photo=True,
    )
    return Section(warning="" if material.synthetic else WARNING, charts=(chart,))


def _faces(table: SampleTable, members: Array, place: int) -> list[Image.Image]:
    rows = np.flatnonzero(members)
    shown: set[str] = set()
    faces: list[Image.Image] = []
    for row in rows[random_orders(child_seed(1, "faces", place), len(rows))]:
        subject = table.frame["subject"].iloc[row]
        if subject in shown:
            continue
        try:
            pixels = decode(
                table.root / table.frame["image"].iloc[row], size=FACE_SIDE, channels=3
            )
        except UnreadableError:
            continue
        faces.append(Image.fromarray(pixels))
        shown |= {subject} - {None}
        if len(faces) == EACH:
            break
    return faces
