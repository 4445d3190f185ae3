"""Words that several parts of the section use."""

from collections.abc import Iterator, Mapping
from typing import Any

from search.reports.holdout_report import SYNTHETIC

Report = Mapping[str, Any]
"""The content of ``holdout.json``, or a part of it."""


def drawn_mark(report: Report) -> Iterator[str]:
    """Marks results on synthetic faces, below the title: no reader may miss it.

    Example:
        >>> [line[:21] for line in drawn_mark({"synthetic": True})]
        ['', '> **SYNTHETIC DATA: t']
        >>> list(drawn_mark({}))
        []
    """
    if report.get("synthetic"):
        yield from ("", f"> **{SYNTHETIC}**")


def by_method(selection: Report, text: str) -> str:
    """Returns what is said of the selection's method, unless an earlier one was used.

    Example:
        >>> by_method({"intervals": "jackknife over subjects"}, "by the jackknife")
        'by the jackknife'
        >>> by_method({}, "by the jackknife")
        "by an earlier version of this project's method"
    """
    earlier = "by an earlier version of this project's method"
    return text if "intervals" in selection else earlier


def units(found: Report) -> str:
    """Names what was resampled or left out, with its number."""
    name = unit_name(found)
    return f"{found[name]} {name}"


def unit_name(found: Report) -> str:
    """Names what was resampled or left out, in the plural."""
    for name in ("subjects", "sequences", "images"):
        if name in found:
            return name
    raise KeyError("subjects")


def unit_number(label: str) -> int:
    """Returns the number of an action unit, to order by; 0 for any other label.

    Example:
        >>> sorted(["AU12", "AU2", "negative"], key=unit_number)
        ['negative', 'AU2', 'AU12']
    """
    digits = label.removeprefix("AU")
    return int(digits) if digits.isdecimal() else 0
