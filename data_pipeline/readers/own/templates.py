"""Cells of a row joined to one value: ``images/{id}_aligned.jpg``."""

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

_PLACE = re.compile(r"\{([^{}]+)\}")
_FORMS = {"name": lambda path: path.name, "stem": lambda path: path.stem}
"""Ending of a place -> what it takes of a cell that is a path."""


def is_template(text: str) -> bool:
    """Returns whether a text has a column in braces."""
    return _PLACE.search(text) is not None


def template_columns(template: str, columns: Sequence[str]) -> dict[str, str | None]:
    """Returns the column of each place in a template; ``None`` if there is none.

    Example:
        >>> template_columns("{ID}/{file.stem}.png {x}", ["id", "file"])
        {'ID': 'id', 'file.stem': 'file', 'x': None}
    """
    return {place: _split(place, columns)[0] for place in _PLACE.findall(template)}


def fill(template: str, cells: Mapping[str, str | None]) -> str | None:
    """Puts cells into a template; ``None`` if one of them is unknown.

    ``{file.name}`` is the last part of a path or an address, ``{file.stem}`` that
    without its ending.

    Example:
        >>> fill("faces/{url.stem}.png", {"url": "http://x.org/a/12.jpg"})
        'faces/12.png'
    """
    found = {}
    for place in _PLACE.findall(template):
        column, form = _split(place, list(cells))
        cell = None if column is None else cells[column]
        if cell is None:
            return None
        path = PurePosixPath(cell.replace("\\", "/"))
        found[place] = _FORMS[form](path) if form else cell
    return _PLACE.sub(lambda match: found[match[1]], template)


def _split(place: str, columns: Sequence[str]) -> tuple[str | None, str]:
    """Returns the column of a place, in any case, and the form of its cell."""
    known = {column.casefold(): column for column in columns}
    whole = place.strip().casefold()
    if whole in known:
        return known[whole], ""
    column, _, form = whole.rpartition(".")
    return (known.get(column), form) if form in _FORMS else (None, "")
