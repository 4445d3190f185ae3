"""A table of own data: the true intensity of each action unit, and no coder's errors.

Each sequence has its peak, and every second one a frame half-way, where each unit has
half of its intensity, rounded. A unit is present from intensity 1 on.
"""

from collections.abc import Iterable, Iterator

from data_pipeline.labels.labels import CKPLUS_ACTION_UNITS, action_unit_name
from data_pipeline.synthetic.layouts.layout import ImageSpec
from data_pipeline.synthetic.population.plan import Sequence

FOLLOWS = "A table of images with the intensities that were rendered"
TABLE, IMAGES = "faces.csv", "faces"
UNITS = tuple(map(action_unit_name, CKPLUS_ACTION_UNITS))
HEADER = (
    *("image", "subject", "sequence", "emotion"),
    *UNITS,
    *(f"intensity_{unit}" for unit in UNITS),
)
_HALF_WAY_EVERY = 2


def images(sequences: Iterable[Sequence]) -> list[ImageSpec]:
    """Lists the images: one for each row of the table."""
    return [
        ImageSpec(path=_path(row, frame), sequence=row, frame=frame)
        for row, frame in _frames(sequences)
    ]


def labels(sequences: Iterable[Sequence]) -> dict[str, bytes]:
    """Writes the table."""
    lines = [",".join(HEADER)]
    for row, frame in _frames(sequences):
        levels = intensities(row, frame)
        place = [_path(row, frame), row.subject, f"{row.subject}-{row.number:03d}"]
        present = [str(int(level > 0)) for level in levels]
        lines.append(",".join([*place, row.emotion or "", *present, *map(str, levels)]))
    return {TABLE: "".join(f"{line}\n" for line in lines).encode("ascii")}


def intensities(row: Sequence, frame: int) -> list[int]:
    """Returns the intensities of a frame, in the order of ``CKPLUS_ACTION_UNITS``."""
    share = (frame - 1) / (row.peak - 1)
    return [round(share * row.shown.get(unit, 0)) for unit in CKPLUS_ACTION_UNITS]


def _frames(sequences: Iterable[Sequence]) -> Iterator[tuple[Sequence, int]]:
    """Yields each frame with its sequence."""
    for index, row in enumerate(sequences):
        if index % _HALF_WAY_EVERY == 0:
            yield row, (1 + row.peak) // 2
        yield row, row.peak


def _path(row: Sequence, frame: int) -> str:
    return f"{IMAGES}/{row.frame(frame)}.png"
