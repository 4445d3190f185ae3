"""What a study says about data that no reader knows: its columns, words and names."""

import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from data_pipeline.dataset.datasets import OWN, is_own_data, is_own_reader
from data_pipeline.labels.labels import (
    EMOTION_LEVELS,
    FERPLUS_VOTES,
    OWN_WORDS,
    VOTED,
)
from data_pipeline.system.errors import quote_short, suggest

IMAGE, SUBJECT, SEQUENCE, PART, EMOTION = (
    *("image", "subject", "sequence", "part"),
    "emotion",
)
RATINGS = ("valence", "arousal")
VOTES = {f"votes_{category}": category for category in FERPLUS_VOTES}
"""Role -> category of votes."""
ROLES = (IMAGE, SUBJECT, SEQUENCE, PART, EMOTION, *RATINGS, *VOTES)
"""What a column of a table can be, besides an action unit and its intensity."""

INTENSITY = "intensity_"
"""Begins the role of a column with the intensities of an action unit."""

NAMED = (SUBJECT, SEQUENCE, PART, EMOTION)
"""Roles that an expression can find in file names."""
JOINED = (IMAGE, SUBJECT, SEQUENCE)
"""Roles that can be made of several columns."""

TABLE_KEYS = ("columns", "table", "separator", "header", "missing", "present_from")
"""Keys of ``[data]`` that describe own data in a table."""
OWN_KEYS = ("name", "words", *NAMED, "include", "channels", *TABLE_KEYS)
"""Keys of ``[data]`` that describe own data."""

MOST_INTENSE = 5
CHANNELS = 3
"""Channels of own images, where the study does not say."""

_LONGEST_WORD = 60
_UNIT = re.compile(r"(intensity_)?AU[1-9][0-9]?")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnData:
    """The description of own data.

    Attributes:
        columns: role (of ``ROLES``, an action unit such as AU12, or intensity_AU12) ->
            its column, or for ``JOINED`` a text with columns in braces.
        emotions: words of the emotions in order; empty takes those found.
        words: emotion as the data write it -> the word of its class.
        names: role of ``NAMED`` -> a regular expression whose first group, in an
            image's file name, is its value; with a slash in it, in its path.
        include: a regular expression that finds something in the names (or paths) of
            the images that are read; ``None`` reads all.
        table: path of the table in the data folder; ``None`` takes the only one.
        separator: what separates the cells of a row; ``None`` finds it.
        header: whether the first row of a table names its columns.
        missing: cells that mean an unknown value, besides the usual ones.
        present_from: least intensity of an action unit that is present; ``None`` where
            the columns of action units hold 0 and 1.
        channels: 1 for grey images, 3 for colour.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    emotions: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    include: str | None = None
    table: str | None = None
    separator: str | None = None
    header: bool = True
    missing: tuple[str, ...] = ()
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


def misplaced_keys(dataset: str, level: str, keys: Iterable[str]) -> Iterator[str]:
    """Yields why keys of own data do not fit a data set; own words belong to own data.

    Args:
        dataset: the study's data set.
        level: the level of its emotions.
        keys: those of ``OWN_KEYS`` that the study sets.
    """
    for key in keys:
        allowed = OWN[:1] if key in TABLE_KEYS else OWN
        if dataset not in allowed and not (key == "name" and is_own_reader(dataset)):
            yield (
                f"[data] {key}: describes own data, dataset = {_either(allowed)}, "
                f'found dataset = "{dataset}"; drop the key'
            )
    if dataset in OWN and level not in (OWN_WORDS, VOTED):
        yield (
            f'[data] emotions: the level "{level}" is of another data set, found '
            f'dataset = "{dataset}"; list the words, as in emotions = ["calm", '
            '"tense"], or drop the key: the words found are the classes'
        )
    if not is_own_data(dataset) and level == OWN_WORDS:
        yield (
            f"[data] emotions: own words need own data, dataset = {_either(OWN)}, "
            f'found dataset = "{dataset}"; use one of {", ".join(EMOTION_LEVELS)}'
        )


def _either(names: Iterable[str]) -> str:
    return " or ".join(f'"{name}"' for name in names)


def own_problems(own: OwnData) -> Iterator[str]:
    """Yields a message for each part of a description that cannot be right."""
    yield from _column_problems(own.columns)
    for key, pattern in own.names.items():
        yield from _expression_problems(key, pattern, grouped=True)
    if own.include is not None:
        yield from _expression_problems("include", own.include, grouped=False)
    for found, word in own.words.items():
        if not is_word(word):
            yield (
                f"[data] words.{quote_short(found)[1:-1]}: is the word of an emotion, "
                f"of at most {_LONGEST_WORD} characters, found {word!r}; correct it"
            )
    yield from _table_problems(own)


def _table_problems(own: OwnData) -> Iterator[str]:
    """Yields why the keys of a table's file are wrong."""
    if own.separator is not None and len(own.separator) != 1:
        yield (
            '[data] separator: must be one character, as in separator = ";", found '
            f'{own.separator!r}; a tab is "\\t", any number of blanks is " "'
        )
    table = PurePosixPath(own.table or "faces.csv")
    if table.is_absolute() or ".." in table.parts:
        yield (
            "[data] table: is a path in the data folder, as in table = "
            f'"labels/all.csv", found {own.table!r}; name the folder above both with '
            "--data"
        )


def _column_problems(columns: Mapping[str, str]) -> Iterator[str]:
    """Yields a message for each unknown role, and each column that has two roles."""
    first: dict[str, str] = {}
    for role, column in columns.items():
        if role not in ROLES and not _UNIT.fullmatch(role):
            yield (
                f"[data] columns.{role}: is not what a column can be; an action unit "
                f"is written like AU12, or intensity_AU12; {suggest(role, list(ROLES))}"
            )
        if not column.strip():
            yield f"[data] columns.{role}: must name a column, found {column!r}"
        other = first.setdefault(column.strip().casefold(), role)
        if other != role and "{" not in column:
            yield (
                f"[data] columns.{role}: the column {quote_short(column)} is already "
                f"columns.{other}; a column has one role, so drop one of the two"
            )


def compile_expression(pattern: str) -> re.Pattern[str]:
    """Compiles an expression of the study; without Python's warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return re.compile(pattern)


def _expression_problems(key: str, pattern: str, *, grouped: bool) -> Iterator[str]:
    """Yields why a regular expression cannot find anything in a file name."""
    try:
        groups = compile_expression(pattern).groups
    except (re.error, OverflowError, RecursionError) as error:
        yield (
            f"[data] {key}: must be a regular expression, found "
            f"{quote_short(pattern)} ({error})"
        )
        return
    if grouped and not groups:
        yield (
            f"[data] {key}: must have a group, in parentheses, that is the {key}, "
            f"found {quote_short(pattern)}; write it like '^([^_]+)_'"
        )
