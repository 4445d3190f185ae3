"""What a section of the page is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """An image of a chart.

    ``name`` is that of its file, without suffix, and unique on the page; ``alt`` gives
    the chief numbers to readers who cannot see it; a ``wide`` one may be scrolled
    sideways on a narrow screen; a ``photo`` keeps its colours on a dark screen.
    """

    name: str
    caption: str
    alt: str
    png: bytes
    wide: bool = False
    photo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Counts and formatted numbers; the index names the rows, its name their column.

    A table behind a chart is folded; one that no chart shows is ``open``. The cells of
    one with ``words`` are not numbers: they are wrapped.
    """

    caption: str
    frame: pd.DataFrame
    open: bool = False
    words: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Commands, or text to be copied as it is; a long one is ``folded``."""

    caption: str
    text: str
    folded: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One subject: text, charts and tables.

    ``highlights`` stand at the top of the page; ``warning`` comes first. ``files`` are
    those beside the page that have its numbers in full; ``numbers`` are those that no
    other file has.
    """

    paragraphs: tuple[str, ...] = ()
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    highlights: tuple[str, ...] = ()
    warning: str = ""
    codes: tuple[Code, ...] = ()
    files: tuple[str, ...] = ()
    numbers: Mapping[str, Any] = field(default_factory=dict)


class NoDataError(LookupError):
    """There are no data for a section; the message gives the reason."""
