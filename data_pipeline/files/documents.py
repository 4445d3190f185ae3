"""Reading TOML and JSON that were written by the user or by another program.

Parsed documents have bounded depth, finite 64-bit numbers and valid Unicode, so that
they can be written again and quoted in messages. Everything else is a
``DocumentError`` with the reason and the key.
"""

import json
import math
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from data_pipeline.files.safe_open import read_bytes

LARGEST_TOML = 1 << 20
"""Maximum bytes of a study file; real ones have a few thousand."""

LARGEST_JSON = 16 << 20
"""Maximum bytes of a report or a sidecar."""

DEEPEST = 40
"""Maximum nesting of tables and lists; a study has five, a report eight."""

LARGEST_INT = 1 << 63
"""TOML's integers have 64 bits."""

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_NO_TOML, _NO_JSON = "is not a TOML file", "is not JSON"
_TOO_DEEP = f"nests lists or tables more than {DEEPEST} deep"
_TOO_LONG = "has a number of thousands of digits"


class DocumentError(ValueError):
    """A text is not a valid document; the message names neither file nor remedy."""


class GrammarError(DocumentError):
    """A text breaks the grammar of TOML or JSON."""


def read_toml(path: Path) -> dict[str, Any]:
    """Reads a TOML file, with or without a byte-order mark.

    Raises:
        OSError: the file cannot be read, is not regular, or is too large.
        DocumentError: as ``parse_toml``.
    """
    return parse_toml(_decode(read_bytes(path, most=LARGEST_TOML), _NO_TOML))


def read_json(path: Path) -> Any:
    """Reads a JSON file, with or without a byte-order mark.

    Raises:
        OSError: the file cannot be read, is not regular, or is too large.
        DocumentError: as ``parse_json``.
    """
    return parse_json(_decode(read_bytes(path, most=LARGEST_JSON), _NO_JSON))


def parse_toml(text: str) -> dict[str, Any]:
    """Parses TOML.

    Raises:
        DocumentError: the text is not TOML, or fails ``check_document``.

    Example:
        >>> parse_toml("step = inf")
        Traceback (most recent call last):
        ...
        data_pipeline.files.documents.DocumentError: step: must be a finite number...
    """
    document: dict[str, Any] = _parse(tomllib.loads, text, _NO_TOML)
    return document


def parse_json(text: str) -> Any:
    """Parses JSON, and refuses NaN and infinity, which Python's parser accepts.

    Raises:
        DocumentError: the text is not JSON, or fails ``check_document``.
    """
    return _parse(json.loads, text, _NO_JSON)


def _parse(loads: Callable[[str], Any], text: str, fault: str) -> Any:
    try:
        document = loads(text)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        raise GrammarError(f"{fault}: {error}") from None
    except RecursionError:
        raise DocumentError(_TOO_DEEP) from None
    except ValueError:  # int() refuses thousands of digits
        raise DocumentError(_TOO_LONG) from None
    check_document(document)
    return document


def _decode(content: bytes, fault: str) -> str:
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
    """Checks the depth, the numbers and the text of dicts, lists and values.

    Raises:
        DocumentError: a value is not allowed; the message has its key.
    """
    stack: list[tuple[str, int, object]] = [("", 0, document)]
    while stack:
        place, depth, value = stack.pop()
        if depth > DEEPEST:
            raise DocumentError(_TOO_DEEP)
        for name, inner in _items(value):
            key = f"{place}.{_escape(name)}" if place else _escape(name)
            _check_value(key, name)
            _check_value(key, inner)
            stack.append((key, depth + 1, inner))
    _check_value("the whole", document)


def _items(value: object) -> Iterator[tuple[str, object]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from ((str(index), inner) for index, inner in enumerate(value))


def _check_value(key: str, value: object) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise DocumentError(f"{key}: must be a finite number, found {value}")
    if isinstance(value, int) and not -LARGEST_INT <= value < LARGEST_INT:
        raise DocumentError(f"{key}: must be a number of at most 64 bits")
    if isinstance(value, str) and _escape(value) != value:
        raise DocumentError(f"{key}: is not valid Unicode, found {_escape(value)}")


def _escape(text: str) -> str:
    """Escapes unpaired surrogates, which no file can hold."""
    return text.encode("utf-8", "backslashreplace").decode()
