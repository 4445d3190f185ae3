"""Guesses about own data: which column holds what, and where subjects are named."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from data_pipeline.dataset.own_data import (
    EMOTION,
    IMAGE,
    MOST_INTENSE,
    PART,
    SEQUENCE,
    SUBJECT,
    VOTES,
)
from data_pipeline.files.numerals import parse_whole
from data_pipeline.labels.spellings import action_unit_of, emotion_of
from data_pipeline.readers.own.sheet import Sheet
from data_pipeline.readers.own.templates import is_template

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

FEWEST_CATEGORIES = 3
"""Columns that are votes, at the least."""
MOST_MISSING = 2
"""Different cells that mean a missing action unit, at the most."""

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


def guess_votes(sheet: Sheet) -> dict[str, str]:
    """Returns role -> column where columns count votes for emotions.

    They have the names of FER+'s categories, and whole numbers of which a row has
    more than one on average.
    """
    columns = {
        role: column
        for column in sheet.columns
        if (role := _vote_role(column)) is not None
    }
    counts = [
        -1 if (count := _whole(row.text(column))) is None else count
        for row in sheet.rows
        for column in columns.values()
    ]
    if len(columns) < FEWEST_CATEGORIES or min(counts) < 0:
        return {}
    return columns if sum(counts) > len(sheet.rows) else {}


def guess_words(found: Iterable[str]) -> dict[str, dict[str, str]]:
    """Returns the key ``words`` if an emotion is written in more than one way.

    Example:
        >>> guess_words(["Happy", "joy", "sad"])
        {'words': {'happy': 'happiness', 'joy': 'happiness', 'sad': 'sadness'}}
        >>> guess_words(["Happy", "sad"])
        {}
    """
    written = sorted({*found})
    meant = {w: str(emotion_of(w) or w.casefold()) for w in written}
    if len({*meant.values()}) == len(written):
        return {}
    return {"words": {word.casefold(): meaning for word, meaning in meant.items()}}


def guess_missing(sheet: Sheet) -> list[str]:
    """Returns cells of action units that are no intensity, such as 999."""
    units = [column for column in sheet.columns if action_unit_of(column)]
    texts = {row.text(column) for row in sheet.rows for column in units}
    levels = range(MOST_INTENSE + 1)
    found = sorted(text for text in texts if text and _whole(text) not in levels)
    return found if len(found) <= MOST_MISSING else []


def guess_intensities(sheet: Sheet) -> dict[str, int]:
    """Returns the key ``present_from`` if an action unit has an intensity above 1."""
    units = [column for column in sheet.columns if action_unit_of(column)]
    levels = {_whole(row.text(column)) for row in sheet.rows for column in units}
    return {"present_from": USUAL_LEVEL} if levels & {*range(2, 6)} else {}


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
        if is_template(column):
            yield f"the {role} is {column}"
        elif role != column.casefold():
            yield f"the column {column} is the {role}"


def _first(columns: Sequence[str], names: Sequence[str]) -> str | None:
    spelled = {re.sub(r"[\W_]", "", column.casefold()): column for column in columns}
    return next((spelled[name] for name in names if name in spelled), None)


def _vote_role(column: str) -> str | None:
    """Returns the role of a column that is named after a category of votes."""
    name = re.sub(r"^votes?[-_ ]", "", column.strip().casefold())
    emotion = emotion_of(name)
    category = {"nf": "NF", "unknown": "unknown"}.get(name, emotion and str(emotion))
    role = f"votes_{category}"
    return role if role in VOTES else None


def _whole(text: str | None) -> int | None:
    """Reads a whole number; -1 for other text."""
    try:
        return None if text is None else parse_whole(text)
    except ValueError:
        return -1
