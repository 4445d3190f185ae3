"""The coursework layout of CK+: one table of peak frames and their images.

Source: the published ``data_labels.csv`` (ASCII, CRLF, 21 columns, 560 rows).
"""

from collections.abc import Iterable

from data_pipeline.labels.labels import (
    COURSEWORK_ACTION_UNITS,
    HIGH_LEVEL_OF,
    action_unit_name,
)
from data_pipeline.synthetic.layouts.layout import ImageSpec
from data_pipeline.synthetic.population.plan import Sequence

FOLLOWS = "Layout and label counts follow CK+"
IMAGES = "cohn-kanade-images"
HEADER = (
    *("subject", "sequence", "image_index", "filepath", "file_prefix"),
    *(action_unit_name(unit) for unit in COURSEWORK_ACTION_UNITS),
    "high_level_emotion",
)
_NEW_LINE = "\r\n"


def images(sequences: Iterable[Sequence]) -> list[ImageSpec]:
    """Lists the images: one peak frame for each row of the table."""
    return [
        ImageSpec(path=_path(row), sequence=row, frame=row.peak)
        for row in sequences
        if row.emotion is not None
    ]


def labels(sequences: Iterable[Sequence]) -> dict[str, bytes]:
    """Writes the table."""
    lines = [",".join(HEADER)]
    for row in sequences:
        if row.emotion is None:
            continue
        units = [str(int(unit in row.coded)) for unit in COURSEWORK_ACTION_UNITS]
        place = [row.subject, str(row.number), str(row.peak), f"./{_path(row)}"]
        cells = [*place, row.name, *units, HIGH_LEVEL_OF[row.emotion]]
        lines.append(",".join(cells))
    return {"data_labels.csv": (_NEW_LINE.join(lines) + _NEW_LINE).encode("ascii")}


def _path(row: Sequence) -> str:
    """Where the peak's image lies."""
    return f"{IMAGES}/{row.subject}/{row.number:03d}/{row.name}.png"
