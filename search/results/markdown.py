"""Tables, lists and numbers of a Markdown file."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from data_pipeline.system.terminal import escape_controls
from search.reports.metric_texts import UNDEFINED, number

Row = Sequence[str]

_TAG = re.compile(r"<(?=[A-Za-z/!?])")


def as_text(lines: Iterable[str]) -> str:
    r"""Joins lines; a name in them, such as a label's, is no tag, link or picture.

    Example:
        >>> as_text(["- <b>: 0.1 < 0.2", "- ![x](http://y)"]).splitlines()
        ['- &lt;b>: 0.1 < 0.2', '- ![x]&#40;http://y)']
    """
    text = _TAG.sub("&lt;", "\n".join(lines)).replace("](", "]&#40;")
    return escape_controls(text)


def table(header: Row, rows: Iterable[Row]) -> Iterator[str]:
    r"""Lays out a table; numbers are aligned by their columns' names.

    Example:
        >>> print(*table(("label", "n"), [("AU1", "3")]), sep="\n")
        | label | n |
        |---|---|
        | AU1 | 3 |
    """
    yield _line(header)
    yield "|" + "---|" * len(header)
    for row in rows:
        yield _line(row)


def _line(cells: Row) -> str:
    return f"| {' | '.join(text.strip().replace('|', '/') for text in cells)} |"


def bullets(lines: Iterable[str]) -> Iterator[str]:
    """Writes each line as an item of a list."""
    return (f"- {line}" for line in lines)


def cell(value: Any) -> str:
    """Writes a value; floats with four digits.

    Example:
        >>> [cell(value) for value in (0.00123456, 12, "adam", None)]
        ['0.001235', '12', 'adam', '-']
    """
    if value is None:
        return UNDEFINED
    if isinstance(value, float):
        return f"{value:.4g}"
    return str(value)


def interval(found: Mapping[str, Any], *, signed: bool = False) -> str:
    """Writes a value with its interval, if it has one.

    Example:
        >>> interval({"value": 0.87, "low": 0.801, "high": 0.918})
        '0.870 (0.801 to 0.918)'
        >>> interval({"value": 0.02, "low": None, "high": None}, signed=True)
        '+0.020'
    """
    text = number(found["value"], signed=signed)
    if found.get("low") is None or found.get("high") is None:
        return text
    low, high = (number(found[end], signed=signed) for end in ("low", "high"))
    return f"{text} ({low} to {high})"


def heading(text: str) -> Iterator[str]:
    """Writes a heading of the second level, between empty lines."""
    yield from ("", f"## {text}", "")
