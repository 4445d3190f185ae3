"""What a section of the page is made of; values alone, nothing of HTML or files."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A picture with its words.

    Attributes:
        name: of its file, without the suffix; unlike any other chart's.
        caption: what is seen, in one or two sentences.
        alt: the same for who cannot see it: its numbers, or the chief ones.
        png: the bytes of the picture.
        wide: it may be scrolled sideways where the page is narrow.
    """

    name: str
    caption: str
    alt: str
    png: bytes
    wide: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Numbers; the first cell of a row names it.

    Those behind a chart are folded away; those that no chart shows stand ``open``.
    """

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    open: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One subject: what is said of it, shown, and counted.

    ``lead`` are the sentences that also stand at the top of the page; ``warning`` is
    told before anything else of the section.
    """

    title: str
    said: tuple[str, ...]
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    lead: tuple[str, ...] = ()
    warning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A section that the data have nothing for, and why."""

    title: str
    reason: str
