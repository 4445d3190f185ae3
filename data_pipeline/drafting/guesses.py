"""Guesses about own data: which column holds what, and where subjects are named."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from data_pipeline.dataset.own_data import EMOTION, IMAGE, PART, SEQUENCE, SUBJECT
from data_pipeline.files.numerals import parse_number
from data_pipeline.labels.spellings import action_unit_of
from data_pipeline.readers.own.sheet import Sheet

USUAL: Mapping[str, tuple[str, ...]] = {
    IMAGE: (
        *("image", "path", "file", "filename", "filepath", "img", "imagepath"),
        *("imagefile", "imagename", "imagefilename", "picture", "photo", "name"),
    ),
    SUBJECT: (
        *("subject", "person", "participant", "subjectid", "personid", "actor"),
        *("participantid", "identity", "user", "model", "who"),
    ),
    SEQUENCE: ("sequence", "video", "clip", "sequenceid", "videoid", "session"),
    PART: ("part", "split", "usage", "subset", "partition"),
    EMOTION: (
        *("emotion", "label", "expression", "class", "mood", "emotionlabel"),
        *("highlevelemotion", "category", "affect"),
    ),
}
"""Role -> its usual columns, in lower case and without separators; the first wins."""

SUBJECTS = (
    ("^([A-Za-z]+[-_]?[0-9]+)[-_. ]", "letters and a number at the beginning"),
    ("^([0-9]+)[-_. ]", "a number at the beginning"),
    ("^([A-Za-z]{2,3})[-_. ]", "two or three letters at the beginning"),
)
"""Expressions that find a subject in file names, and their descriptions."""

FEWEST_SUBJECTS = 5
IMAGES_EACH = 2
"""Images that a subject has on average, at the least: else it is a running number."""

USUAL_LEVEL = 2
"""The intensity from which an action unit usually counts as present."""


def guess_columns(sheet: Sheet) -> dict[str, str]:
    """Returns role -> column for roles whose column has another name.

    Only roles that no column is named after are guessed.
    """
    own = {column.casefold() for column in sheet.columns}
    return {
        role: column
        for role, names in USUAL.items()
        if role not in own and (column := _first(sheet.columns, names))
    }


def guess_intensities(sheet: Sheet) -> dict[str, int]:
    """Returns the key ``present_from`` if an action unit has an intensity above 1."""
    units = [column for column in sheet.columns if action_unit_of(column)]
    high = any(_number(row.text(column)) > 1 for row in sheet.rows for column in units)
    return {"present_from": USUAL_LEVEL} if high else {}


def guess_subject(images: Sequence[str]) -> tuple[str, str] | None:
    """Returns an expression that finds a plausible subject in each name, described.

    Example:
        >>> names = [f"p{n}_{take}.png" for n in range(5) for take in "ab"]
        >>> guess_subject(names)[0]
        '^([A-Za-z]+[-_]?[0-9]+)[-_. ]'
        >>> guess_subject([f"im{n}.png" for n in range(10)]) is None
        True
    """
    names = [PurePosixPath(image).name for image in images]
    for pattern, description in SUBJECTS:
        found = [match[1] for name in names if (match := re.search(pattern, name))]
        people = len(set(found))
        enough = FEWEST_SUBJECTS <= people <= len(names) / IMAGES_EACH
        if len(found) == len(names) and enough:
            return pattern, description
    return None


def describe_columns(columns: Mapping[str, str]) -> Iterator[str]:
    """Yields a line for each column whose role is assumed."""
    for role, column in columns.items():
        yield f"the column {column} is the {role}"


def _first(columns: Sequence[str], names: Sequence[str]) -> str | None:
    spelled = {re.sub(r"[\W_]", "", column.casefold()): column for column in columns}
    return next((spelled[name] for name in names if name in spelled), None)


def _number(text: str | None) -> float:
    try:
        return 0.0 if text is None else parse_number(text)
    except ValueError:
        return 0.0
