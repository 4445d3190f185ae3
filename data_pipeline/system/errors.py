"""The tree of errors: what a person can mend, told in one message.

    HarnessError            exit code 1: the work failed
    ├── RunError            a run cannot go on (another driver)
    │   └── StorageError    the storage of trials failed, or is not there any more
    └── InputError          exit code 2: what was asked for is wrong
        ├── StudyError      a study file or a --set value
        ├── WeightsError    initial weights cannot be had or do not fit
        ├── ModelError      an exported model or its description is wrong
        ├── DataError       a data folder, a table, a label or an image
        └── SealedError     the hold-out was opened before

Every message says the rule, the value found, the place, and the way out.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches

MOST = 4000
"""Characters of a cause that are told."""


class HarnessError(Exception):
    """The work failed for a reason that a person can act on."""

    exit_code = 1


class RunError(HarnessError, RuntimeError):
    """A run cannot start or go on."""


class StorageError(RunError):
    """The storage of a run's trials failed, or is not there any more."""


class InputError(HarnessError, ValueError):
    """What was asked for is wrong: a file, a key or a value."""

    exit_code = 2


class StudyError(InputError):
    """A study file, an exported configuration or a ``--set`` value is wrong."""


class WeightsError(InputError, OSError):
    """Initial weights cannot be had, or do not fit the model."""


class ModelError(InputError):
    """An exported model cannot be used: its file, its description, or the way here."""


class DataError(InputError):
    """A data folder, a label table or an image is wrong."""


class SealedError(InputError):
    """The hold-out was opened before, and nobody asked to open it again."""


@contextmanager
def named(place: str) -> Iterator[None]:
    """Names the study file before a refusal of what it asks for.

    Args:
        place: the file; empty where there is none, as in tests.

    Yields:
        Nothing; a refusal that names the place already stays as it is.

    Example:
        >>> with named("my.toml"):
        ...     raise DataError("[split] folds is at least 1, found 0")
        Traceback (most recent call last):
        ...
        data_pipeline.system.errors.DataError: my.toml: [split] folds is at least 1, ...
    """
    try:
        yield
    except InputError as error:
        if not place or place in str(error):
            raise
        raise type(error)(f"{place}: {error}") from error.__cause__


def first_line(error: BaseException) -> str:
    """Takes the first line of what a library says; where it is mute, the error's kind.

    Example:
        >>> first_line(ValueError("no such layer")), first_line(KeyError())
        ('no such layer', 'KeyError')
    """
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def nearest(word: str, known: list[str]) -> str:
    """Ends an "unknown" message: the nearest right word, and all of them.

    Example:
        >>> nearest("learning_rat", ["epochs", "learning_rate"])
        'did you mean learning_rate? Known: epochs, learning_rate'
    """
    close = get_close_matches(word, known, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{hint}Known: {', '.join(known)}"


def shortened(text: str, *, most: int = 1000) -> str:
    """Leaves out the middle of a message that quotes something very long.

    Example:
        >>> shortened("must be one of a, b, found " + "x" * 99, most=50)
        'must be one of a, b, found xxxxx ... xxxxxxxxxxxxx'
    """
    if len(text) <= most:
        return text
    head = most * 2 // 3 - 1
    return f"{text[:head]} ... {text[head + 5 - most :]}"


def cause_of(error: BaseException) -> str:
    """Says whole what broke in somebody else's code, and where.

    Example:
        >>> cause_of(ValueError("no such backend"))
        'ValueError: no such backend'
    """
    told: list[str] = []
    found: BaseException | None = error
    while found is not None and len(told) < MOST:
        told.append("".join(traceback.format_exception_only(found)).strip())
        frames = traceback.extract_tb(found.__traceback__)
        if frames:
            told[-1] += f"\n  ({frames[-1].filename}, line {frames[-1].lineno})"
        found = found.__cause__ or (
            None if found.__suppress_context__ else found.__context__
        )
    return "\n".join(told)[:MOST]
