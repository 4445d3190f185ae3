"""The tree of errors that a user can act on.

    HarnessError            exit code 1: the work failed
    ├── RunError            a run cannot continue (another driver)
    │   └── StorageError    the trial storage failed or has disappeared
    └── InputError          exit code 2: the input is wrong
        ├── StudyError      a study file or a --set value
        ├── WeightsError    initial weights are unavailable or do not fit
        ├── ModelError      an exported model or its sidecar
        ├── DataError       a data folder, a table, a label or an image
        └── SealedError     the hold-out was opened before

Every message gives the rule, the value, the place and a remedy.
"""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches

MAX_CAUSE = 4000
"""Characters kept of the description of a cause."""


class HarnessError(Exception):
    """The work failed for a reason that the user can act on."""

    exit_code = 1


class RunError(HarnessError, RuntimeError):
    """A run cannot start or continue."""


class StorageError(RunError):
    """The storage of a run's trials failed or has disappeared."""


class InputError(HarnessError, ValueError):
    """The input is wrong: a file, a key or a value."""

    exit_code = 2


class StudyError(InputError):
    """A study file, an exported configuration or a ``--set`` value is wrong."""


class WeightsError(InputError, OSError):
    """Initial weights are unavailable or do not fit the model."""


class ModelError(InputError):
    """An exported model cannot be used: its file, its sidecar or its path."""


class DataError(InputError):
    """A data folder, a label table or an image is wrong."""


class SealedError(InputError):
    """The hold-out was opened before, and reopening it was not requested."""


@contextmanager
def prefix_errors(place: str) -> Iterator[None]:
    """Adds the study file's name to an ``InputError`` that does not contain it.

    Args:
        place: the file; empty where there is none, as in tests.

    Yields:
        Nothing.

    Example:
        >>> with prefix_errors("my.toml"):
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
    """Returns the first line of an error's message, or its type if it has none.

    Example:
        >>> first_line(ValueError("no such layer")), first_line(KeyError())
        ('no such layer', 'KeyError')
    """
    text = str(error).strip()
    return text.splitlines()[0] if text else type(error).__name__


def suggest(word: str, options: list[str]) -> str:
    """Returns the end of an "unknown" message: the nearest option, and all of them.

    Example:
        >>> suggest("learning_rat", ["epochs", "learning_rate"])
        'did you mean learning_rate? Available: epochs, learning_rate'
    """
    close = get_close_matches(word, options, n=1, cutoff=0.6)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"{hint}Available: {', '.join(options)}"


def shorten(text: str, *, most: int = 1000) -> str:
    """Leaves out the middle of a text of more than ``most`` characters.

    Example:
        >>> shorten("must be one of a, b, found " + "x" * 99, most=50)
        'must be one of a, b, found xxxxx ... xxxxxxxxxxxxx'
    """
    if len(text) <= most:
        return text
    head = most * 2 // 3 - 1
    return f"{text[:head]} ... {text[head + 5 - most :]}"


def quote_short(text: str, most: int = 60) -> str:
    """Quotes a value of any length for an error message."""
    return shorten(repr(text), most=most)


def describe_cause(error: BaseException) -> str:
    """Describes an error of a library and its causes, each with its line of code.

    Example:
        >>> describe_cause(ValueError("no such backend"))
        'ValueError: no such backend'
    """
    causes: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(causes) < MAX_CAUSE:
        causes.append("".join(traceback.format_exception_only(cause)).strip())
        frames = traceback.extract_tb(cause.__traceback__)
        if frames:
            causes[-1] += f"\n  ({frames[-1].filename}, line {frames[-1].lineno})"
        cause = cause.__cause__ or (
            None if cause.__suppress_context__ else cause.__context__
        )
    return "\n".join(causes)[:MAX_CAUSE]
