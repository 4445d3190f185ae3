"""How a study's pictures are cropped, and what is said of faces that were not found."""

from collections.abc import Mapping
from typing import Any

from data_pipeline.crop import Cropper, cropper
from data_pipeline.errors import DataError
from data_pipeline.landmarks import landmarks_of
from data_pipeline.samples import SampleTable
from search.sections import Data


def study_cropper(data: Data, table: SampleTable) -> Cropper:
    """Makes the cropper of a study.

    Args:
        data: the study's section.
        table: its development rows.

    Returns:
        The cropper.

    Raises:
        DataError: it takes landmarks, and the data bring none.
    """
    made = cropper(data.crop)
    rows = range(len(table))
    if made.looks_at_landmarks and all(
        landmarks_of(table, row) is None for row in rows
    ):
        raise DataError(
            f'{table.root}: [data] crop: "landmarks" takes the faces from landmarks '
            f"that the data bring along, and not one of {len(rows)} images has any. "
            "CK+'s official tree brings them (unpack Landmarks.zip), and so does "
            'AffectNet; elsewhere say crop = "detect"'
        )
    return made


def without_face(described: Mapping[str, Any], *, hold_out: int) -> dict[str, Any]:
    """Counts for a report the images in which no face was found.

    Args:
        described: the model's description.
        hold_out: how many there are in the hold-out.

    Returns:
        ``without_face`` with the counts; nothing where none was looked for.
    """
    if "template" not in described["input"]["crop"]:
        return {}
    development = described["data"]["without_face"]
    return {"without_face": {"development": development, "hold_out": hold_out}}
