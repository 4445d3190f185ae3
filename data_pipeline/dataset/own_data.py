"""What a study says about data that no reader knows: its columns, words and names."""

import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from data_pipeline.labels.labels import FERPLUS_VOTES
from data_pipeline.system.errors import quote_short, suggest

IMAGE, SUBJECT, SEQUENCE, PART, EMOTION = (
    *("image", "subject", "sequence", "part"),
    "emotion",
)
RATINGS = ("valence", "arousal")
VOTES = {f"votes_{category}": category for category in FERPLUS_VOTES}
"""Role -> category of votes."""
ROLES = (IMAGE, SUBJECT, SEQUENCE, PART, EMOTION, *RATINGS, *VOTES)
"""What a column of a table can be, besides an action unit."""

MOST_INTENSE = 5
CHANNELS = 3
"""Channels of own images, where the study does not say."""

_LONGEST_WORD = 60
_UNIT = re.compile(r"AU[1-9][0-9]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnData:
    """The description of own data.

    Attributes:
        columns: role (of ``ROLES``, or an action unit such as AU12) -> its column.
        emotions: words of the emotions in order; empty takes those found.
        subject: a regular expression whose first group, in an image's file name, is
            the subject.
        present_from: least intensity of an action unit that is present; ``None`` where
            the columns hold 0 and 1.
        channels: 1 for grey images, 3 for colour.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    emotions: tuple[str, ...] = ()
    subject: str | None = None
    present_from: int | None = None
    channels: int = CHANNELS


def is_word(text: object) -> bool:
    """Returns whether a value can be the word of an emotion.

    Example:
        >>> is_word("mild joy"), is_word(" "), is_word("calm "), is_word(3)
        (True, False, False, False)
    """
    if not isinstance(text, str) or text != text.strip():
        return False
    return 0 < len(text) <= _LONGEST_WORD and text.isprintable()


def column_problems(columns: Mapping[str, str]) -> Iterator[str]:
    """Yields a message for each unknown role, and each column that has two roles."""
    first: dict[str, str] = {}
    for role, column in columns.items():
        if role not in ROLES and not _UNIT.fullmatch(role):
            yield (
                f"[data] columns.{role}: is not what a column can be; an action unit "
                f"is written like AU12; {suggest(role, list(ROLES))}"
            )
        if not column.strip():
            yield f"[data] columns.{role}: must name a column, found {column!r}"
        other = first.setdefault(column.strip().casefold(), role)
        if other != role:
            yield (
                f"[data] columns.{role}: the column {quote_short(column)} is already "
                f"columns.{other}; a column has one role, so drop one of the two"
            )


def compile_subject(pattern: str) -> re.Pattern[str]:
    """Compiles the expression of ``[data] subject``; without Python's warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return re.compile(pattern)


def subject_problems(pattern: str) -> Iterator[str]:
    """Yields why a regular expression cannot find the subject in a file name."""
    try:
        groups = compile_subject(pattern).groups
    except (re.error, OverflowError, RecursionError) as error:
        yield (
            f"[data] subject: must be a regular expression, found "
            f"{quote_short(pattern)} ({error})"
        )
        return
    if not groups:
        yield (
            f"[data] subject: must have a group, in parentheses, that is the subject, "
            f"found {quote_short(pattern)}; write it like '^([^_]+)_'"
        )
