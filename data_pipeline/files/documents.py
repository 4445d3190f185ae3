"""The one door for TOML and JSON that a person, or another program, has written.

What comes out has moderate depth, finite numbers of 64 bits and text that can be
written again, so that no message about it fails. Everything else is a ``DocumentError``
that says what is wrong, and where.
"""

import json
import math
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data_pipeline.files.safe_open import read_bytes

LARGEST_TOML = 1 << 20
"""Bytes of a study file at most; real ones have some thousands."""

LARGEST_JSON = 16 << 20
"""Bytes of a report or a description at most."""

DEEPEST = 40
"""Tables and lists inside each other; a study has five, a report eight."""

LARGEST_INT = 1 << 63
"""TOML's integers have 64 bits."""

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NO_TOML, _NO_JSON = "is not a TOML file", "is not JSON"
_TOO_DEEP = f"nests lists or tables more than {DEEPEST} deep"
_TOO_LONG = "has a number of thousands of digits"


class DocumentError(ValueError):
    """A text is no document of its kind; the message has neither file nor way out."""


class GrammarError(DocumentError):
    """A text breaks the grammar of its kind."""


def read_toml(path: Path) -> dict[str, Any]:
    """Reads a TOML file, with or without a byte-order mark.

    Raises:
        OSError: it cannot be read, is no regular file, or is too large.
        DocumentError: it is not TOML, or holds what no study has.
    """
    return parse_toml(_text(read_bytes(path, most=LARGEST_TOML), _NO_TOML))


def read_json(path: Path) -> Any:
    """Reads a JSON file, with or without a byte-order mark.

    Raises:
        OSError: it cannot be read, is no regular file, or is too large.
        DocumentError: it is not JSON, or holds what no description has.
    """
    return parse_json(_text(read_bytes(path, most=LARGEST_JSON), _NO_JSON))


def parse_toml(text: str) -> dict[str, Any]:
    """Reads TOML.

    Raises:
        DocumentError: it is none, or holds what no study has.

    Example:
        >>> parse_toml("step = inf")
        Traceback (most recent call last):
        ...
        data_pipeline.files.documents.DocumentError: step: must be a finite number...
    """
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise GrammarError(f"{_NO_TOML}: {error}") from None
    except RecursionError:
        raise DocumentError(_TOO_DEEP) from None
    except ValueError:  # of int()
        raise DocumentError(_TOO_LONG) from None
    check_document(found)
    return found


def parse_json(text: str) -> Any:
    """Reads JSON; NaN and infinity, which Python's reader takes, are none.

    Raises:
        DocumentError: it is none, or holds what no description has.
    """
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise GrammarError(f"{_NO_JSON}: {error}") from None
    except RecursionError:
        raise DocumentError(_TOO_DEEP) from None
    except ValueError:  # of int()
        raise DocumentError(_TOO_LONG) from None
    check_document(found)
    return found


def _text(content: bytes, fault: str) -> str:
    if content.startswith(_UTF16):
        raise DocumentError(f"{fault}: it is UTF-16; save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise DocumentError(
            f"{fault}: line {line} is not UTF-8, it has the byte "
            f"0x{content[error.start]:02x}; save it as UTF-8"
        ) from None


def check_document(document: object) -> None:
    """Refuses depth, numbers and text that break whoever handles them later.

    Args:
        document: dicts, lists and values, as a parser returns them.

    Raises:
        DocumentError: it holds such a thing; the message has its key.
    """
    waiting: list[tuple[str, int, object]] = [("", 0, document)]
    while waiting:
        place, depth, value = waiting.pop()
        if depth > DEEPEST:
            raise DocumentError(_TOO_DEEP)
        for name, inner in _inside(value):
            key = f"{place}.{_written(name)}" if place else _written(name)
            _check_value(key, name)
            _check_value(key, inner)
            waiting.append((key, depth + 1, inner))
    _check_value("the whole", document)


def _inside(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((str(index), inner) for index, inner in enumerate(value))


def _check_value(key: str, value: object) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise DocumentError(f"{key}: must be a finite number, found {value}")
    if isinstance(value, int) and not -LARGEST_INT <= value < LARGEST_INT:
        raise DocumentError(f"{key}: must be a number of at most 64 bits")
    if isinstance(value, str) and _written(value) != value:
        raise DocumentError(f"{key}: is no text of Unicode, found {_written(value)}")


def _written(text: str) -> str:
    """Writes half a surrogate pair, which no file can hold, as an escape."""
    return text.encode("utf-8", "backslashreplace").decode()
