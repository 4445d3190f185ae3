"""Faces to search on, written from Python."""

from pathlib import Path
from typing import TYPE_CHECKING

from search.api.paths import AnyPath, path_or_none

if TYPE_CHECKING:  # slow to import
    from data_pipeline.fer2013.convert import Written

SUBJECTS = 123
"""As many as CK+ has."""


def draw(
    out: AnyPath,
    *,
    layout: str = "coursework",
    subjects: int = SUBJECTS,
    seed: int = 1,
) -> Path:
    """Writes synthetic faces, as ``python -m data_pipeline.draw`` does.

    Args:
        out: the folder, new or empty.
        layout: the data set whose layout is written.
        subjects: how many people.
        seed: the same one gives the same bytes.

    Returns:
        The folder.

    Raises:
        DataError: there is no such layout, or the folder holds something else.
    """
    from data_pipeline.draw import draw_faces  # noqa: PLC0415

    draw_faces(Path(out), layout=layout, subjects=subjects, seed=seed)
    return Path(out)


def ferplus(fer: AnyPath, out: AnyPath, *, ferplus: AnyPath | None = None) -> "Written":
    """Writes FER2013's images as files, as ``python -m data_pipeline.ferplus`` does.

    Args:
        fer: the table ``fer2013.csv``.
        out: the folder, new or empty; an interrupted call is resumed.
        ferplus: the votes, ``fer2013new.csv``; by default FER2013's own labels.

    Returns:
        Its ``images``, and the rows ``unnamed`` that have none.

    Raises:
        DataError: a table is wrong, or the folder holds something else.
    """
    from data_pipeline.ferplus import write_faces  # noqa: PLC0415

    return write_faces(Path(fer), path_or_none(ferplus), Path(out))
